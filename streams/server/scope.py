"""The ASGI scope of a WebSocket connection, built from its handshake."""

from typing import Any
from urllib.parse import unquote

from twisted.internet.interfaces import ISSLTransport

from streams.server.handshake import Handshake
from streams.server.heads import RequestHead

Address = list[Any]  # [host, port], as ASGI has it


def build_scope(
    head: RequestHead, handshake: Handshake, transport: Any, root_path: str
) -> dict[str, Any]:
    """Headers with an underscore are left out: WSGI-style names could pass for others."""
    headers = [(name, value) for name, value in head.headers if b"_" not in name]
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "wss" if ISSLTransport.providedBy(transport) else "ws",
        "path": unquote(handshake.path.decode("ascii")),
        "raw_path": handshake.path,
        "query_string": handshake.query,
        "root_path": root_path,
        "headers": headers,
        "client": _address(transport.getPeer()),
        "server": _address(transport.getHost()),
        "subprotocols": list(handshake.subprotocols),
        "extensions": {"websocket.http.response": {}},
    }


def _address(address: Any) -> Address | None:
    if hasattr(address, "host") and hasattr(address, "port"):
        return [str(address.host), address.port]
    return None
