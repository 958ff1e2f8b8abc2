"""The web page: a static shell that its script fills from the WebSocket endpoints."""

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def live(request: HttpRequest) -> HttpResponse:
    """The four streams, live."""
    provider = apps.get_app_config("streams").refresher.provider  # type: ignore[attr-defined]
    context = {"provider": provider, "refresh_seconds": settings.REFRESH_SECONDS}
    return render(request, "dashboard/live.html", context)
