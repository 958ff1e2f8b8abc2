"""The project: settings and composition, no logic."""

# Celery finds the application here, and tasks are bound to it in every process.
from financequery.celery import app as celery_app

__all__ = ["celery_app"]
