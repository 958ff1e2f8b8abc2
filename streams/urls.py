"""What a page request to an endpoint's path gets: a hint that this is the place for a WebSocket.

Mostly it is a handshake whose `Upgrade` header a proxy took away.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt

from streams.protocol import ErrorDetail, ErrorMessage, encode
from streams.routing import websocket_urlpatterns

_HINT = (
    "This is a WebSocket endpoint. If you did ask for a WebSocket, a proxy on the way does not "
    "pass the headers Upgrade and Connection on."
)


@csrf_exempt
def upgrade_required(request: HttpRequest, **parameters: Any) -> HttpResponse:
    """426, with the headers that RFC 9110 asks for."""
    body = encode(ErrorMessage(ErrorDetail("upgrade_required", _HINT)))
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Cache-Control": "no-store"}
    return HttpResponse(body, content_type="application/json", status=426, headers=headers)


urlpatterns = [re_path(str(route.pattern), upgrade_required) for route in websocket_urlpatterns]
