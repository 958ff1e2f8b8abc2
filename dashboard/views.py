"""The web page: a static shell that its script fills from the WebSocket endpoints."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from streams.apps import get_streams


def live(request: HttpRequest) -> HttpResponse:
    """The four streams, live."""
    return render(request, "dashboard/live.html", {"provider": get_streams().refresher.provider})
