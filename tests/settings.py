"""Settings of the test run: the project's own, whatever the environment says."""

import os

os.environ["DEBUG"] = "1"

from financequery.settings import *  # noqa: F403
