"""The Django app of the web page."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"
