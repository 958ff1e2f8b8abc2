"""The web page: a static shell that its script fills from the WebSocket endpoints."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from streams.apps import get_streams


def live(request: HttpRequest) -> HttpResponse:
    """The four streams, live."""
    provider = get_streams().refresher.provider
    context = {"provider": provider, "refresh_seconds": settings.REFRESH_SECONDS}
    return render(request, "dashboard/live.html", context)
