"""Answers to a WebSocket handshake that is not accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.apps import get_streams
from streams.protocol import ErrorDetail, ErrorMessage, encode

Headers = Sequence[tuple[bytes, bytes]]


async def deny(
    scope: dict[str, Any], send: Any, status: int, code: str, message: str, headers: Headers = ()
) -> None:
    """Refuse the handshake with an HTTP status and a JSON body.

    A server without the ASGI extension `websocket.http.response` can only say 403.
    """
    get_streams().counts.refused[code] += 1
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1000})
        return
    body = encode(ErrorMessage(ErrorDetail(code, message))).encode()
    start = {"type": "websocket.http.response.start", "status": status}
    await send({**start, "headers": [(b"content-type", b"application/json"), *headers]})
    await send({"type": "websocket.http.response.body", "body": body})


async def not_found(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The ASGI application of every path that is no endpoint."""
    await deny(scope, send, 404, "not_found", "There is no such endpoint.")
