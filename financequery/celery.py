"""The Celery application: `celery -A financequery worker`, `celery -A financequery beat`."""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "financequery.settings")

app = Celery("financequery")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_configure.connect
def refuse_wrong_settings(**_: Any) -> None:
    """A sentence where `celery worker` and `celery beat` would end in a traceback."""
    try:
        settings.INSTALLED_APPS  # noqa: B018 - reads the settings
    except ImproperlyConfigured as error:
        sys.exit(f"Refused to start: {error}")


@setup_logging.connect
def keep_logging_of_settings(**_: Any) -> None:
    """Without a listener Celery would set the level of the root logger itself, to WARNING."""
