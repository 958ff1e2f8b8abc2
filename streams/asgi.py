"""The endpoints as one ASGI application, for a project's `asgi.py`."""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter
from django.urls import re_path

from streams.apps import get_streams
from streams.auth import validated
from streams.handshake import not_found
from streams.routing import websocket_urlpatterns


def get_streams_application() -> Any:
    """Takes WebSockets, at its own root or behind a prefix in a `URLRouter`; answers 404 to others.

    Starts what this process's clients share, so call it once, after Django's own
    `get_asgi_application`.
    """
    get_streams().start()
    return validated(URLRouter([*websocket_urlpatterns, re_path(r"", not_found)]))
