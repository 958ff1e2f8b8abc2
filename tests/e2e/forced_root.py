"""Settings of a server that is told its root by Django's FORCE_SCRIPT_NAME."""

from financequery.settings import *  # noqa: F403

FORCE_SCRIPT_NAME = "/fq"
