"""Settings of the test run: the project's own, whatever the environment says."""

import os

os.environ["DEBUG"] = "1"

from financequery.settings import *  # noqa: F403

# Slow on purpose are those that keep passwords safe.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
