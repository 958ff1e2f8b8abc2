"""The Celery application: `celery -A financequery worker`, `celery -A financequery beat`."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "financequery.settings")

app = Celery("financequery")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_logging_of_settings(**_: Any) -> None:
    """Without a listener Celery would set the level of the root logger itself, to WARNING."""
