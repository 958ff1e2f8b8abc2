"""The Celery application: `celery -A financequery worker`, `celery -A financequery beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "financequery.settings")

app = Celery("financequery")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
