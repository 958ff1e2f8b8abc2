"""The project's own settings, with another user model."""

from financequery.settings import *  # noqa: F403
from financequery.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.members"]
AUTH_USER_MODEL = "members.Member"
