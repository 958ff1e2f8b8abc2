"""Listening addresses in words, for the line that announces them and for errors."""

import socket
from typing import Any

from twisted.internet.error import CannotListenError


def describe_endpoint(description: str) -> str:
    """`tcp:port=8000:interface=::1` (colons escaped) → `[::1]:8000`."""
    kind, _, rest = description.partition(":port=")
    if kind != "tcp":
        return description
    port, _, host = rest.partition(":backlog=")[0].partition(":interface=")
    host = host.replace("\\:", ":")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def describe_failure(error: Exception) -> str:
    cause = getattr(error, "socketError", error) if isinstance(error, CannotListenError) else error
    reason = getattr(cause, "strerror", None) or str(cause)
    return reason[:1].lower() + reason[1:]


def describe_address(address: Any) -> str:
    if not hasattr(address, "port"):
        return f"unix:{getattr(address, 'name', address)}"
    return _describe_url(address.host, address.port)


def describe_socket(listening: socket.socket) -> str:
    return _describe_url(*listening.getsockname()[:2])


def _describe_url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
