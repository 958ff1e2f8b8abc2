"""The project's settings with another session engine, and another cookie."""

import os

from financequery.settings import *  # noqa: F403

SESSION_ENGINE = f"django.contrib.sessions.backends.{os.environ['TEST_SESSION_ENGINE']}"
SESSION_COOKIE_NAME = "who"
