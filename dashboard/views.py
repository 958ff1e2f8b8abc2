"""The web page: a static shell that its script fills from the WebSocket endpoints."""

from pathlib import Path

from django.conf import settings as django_settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.urls import reverse

from streams.apps import get_streams
from streams.conf import settings

STATIC = Path(__file__).parent / "static"
# Named in the page, so that browsers ask for all at once instead of one import after another.
MODULES = sorted(
    str(path.relative_to(STATIC))
    for path in STATIC.glob("dashboard/*.js")
    if path.name not in ("app.js", "theme.js")
)


def live(request: HttpRequest) -> HttpResponse:
    """The dashboard. With USE_SECURITY for users only: their session opens the sockets."""
    if settings.USE_SECURITY and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    context = {
        "modules": MODULES,
        "base": reverse("dashboard:live"),
        "login_url": resolve_url(django_settings.LOGIN_URL),
        "provider": get_streams().refresher.provider,
        "refresh_seconds": settings.REFRESH_SECONDS,
        "username": request.user.get_username() if settings.USE_SECURITY else "",
    }
    return render(request, "dashboard/live.html", context)
