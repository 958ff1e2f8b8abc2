"""The web page: a static shell that its script fills from the WebSocket endpoints."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from streams.apps import get_streams
from streams.conf import settings


def live(request: HttpRequest) -> HttpResponse:
    """The four streams, live. With USE_SECURITY for users only: their session opens the sockets."""
    if settings.USE_SECURITY and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    context = {
        "provider": get_streams().refresher.provider,
        "refresh_seconds": settings.REFRESH_SECONDS,
        "username": request.user.get_username() if settings.USE_SECURITY else "",
    }
    return render(request, "dashboard/live.html", context)
