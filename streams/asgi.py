"""The endpoints as one ASGI application, for a project's `asgi.py`."""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter
from django.conf import settings as django_settings
from django.urls import re_path

from streams.apps import get_streams
from streams.auth import validated
from streams.handshake import not_found
from streams.paths import local_path, placed
from streams.routing import websocket_urlpatterns

__all__ = ["get_streams_application", "not_found"]


def get_streams_application() -> Any:
    """Takes WebSockets, at its own root or behind a prefix in a `URLRouter`; answers 404 to others.

    Starts what this process's clients share, so call it once, after Django's own
    `get_asgi_application`.
    """
    get_streams().start()
    return _Endpoints(validated(URLRouter([*websocket_urlpatterns, re_path(r"", not_found)])))


class _Endpoints:
    """Tells which path is meant, once for the validation and the router."""

    # Has URLRouter take it for one of its own kind, which is given the rest of the path.
    _path_routing = True

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        inside = scope if "path_remaining" in scope else placed(scope, _forced_root())
        if inside is None:
            await not_found(scope, receive, send)
            return
        if "path_remaining" not in inside and inside["root_path"]:
            # Only then: a copy of the scope lives as long as its socket.
            inside = {**inside, "path_remaining": local_path(inside).lstrip("/")}
        await self._application(inside, receive, send)


def _forced_root() -> str | None:
    root: str | None = django_settings.FORCE_SCRIPT_NAME
    return root
