"""The ASGI scope of a WebSocket connection, built from its handshake."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from daphne.utils import parse_x_forwarded_for
from twisted.internet.interfaces import ISSLTransport

from streams.server.handshake import Handshake
from streams.server.heads import RequestHead

Address = list[Any]  # [host, port], as ASGI has it


@dataclass(frozen=True, slots=True)
class ProxyHeaders:
    """Names of the headers that a proxy in front puts the client's address into."""

    address: str | None = None
    port: str | None = None
    proto: str | None = None


def build_scope(
    head: RequestHead, handshake: Handshake, transport: Any, root_path: str, proxy: ProxyHeaders
) -> dict[str, Any]:
    """Headers with an underscore are left out: WSGI-style names could pass for others."""
    headers = [(name, value) for name, value in head.headers if b"_" not in name]
    client, scheme = _get_client(dict(headers), transport, proxy)
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "wss" if scheme in ("https", "wss") else "ws",
        "path": unquote(handshake.path.decode("ascii")),
        "raw_path": handshake.path,
        "query_string": handshake.query,
        "root_path": root_path,
        "headers": headers,
        "client": client,
        "server": _address(transport.getHost()),
        "subprotocols": list(handshake.subprotocols),
        "extensions": {"websocket.http.response": {}},
    }


def _get_client(
    headers: dict[bytes, bytes], transport: Any, proxy: ProxyHeaders
) -> tuple[Address | None, str]:
    client = _address(transport.getPeer())
    scheme = "https" if ISSLTransport.providedBy(transport) else "http"
    if not proxy.address:
        return client, scheme
    try:
        forwarded: tuple[Address | None, str] = parse_x_forwarded_for(
            headers, proxy.address, proxy.port, proxy.proto, client, scheme
        )
    except UnicodeDecodeError:
        return client, scheme
    return forwarded


def _address(address: Any) -> Address | None:
    if hasattr(address, "host") and hasattr(address, "port"):
        return [str(address.host), address.port]
    return None
