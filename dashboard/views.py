"""The web page: a static shell that its script fills from the WebSocket endpoints."""

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def live(request: HttpRequest) -> HttpResponse:
    """The four streams, live."""
    provider = apps.get_app_config("streams").refresher.provider  # type: ignore[attr-defined]
    return render(request, "dashboard/live.html", {"provider": provider})
