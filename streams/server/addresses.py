"""Listening addresses in words, for the line that announces them and for errors."""

from typing import Any

from twisted.internet.error import CannotListenError


def describe_endpoint(description: str) -> str:
    """`tcp:port=8000:interface=::1` (colons escaped) → `[::1]:8000`."""
    kind, _, rest = description.partition(":port=")
    if kind != "tcp":
        return description
    port, _, host = rest.partition(":interface=")
    host = host.replace("\\:", ":")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def describe_failure(error: Exception) -> str:
    cause = getattr(error, "socketError", error) if isinstance(error, CannotListenError) else error
    reason = getattr(cause, "strerror", None) or str(cause)
    return reason[:1].lower() + reason[1:]


def describe_address(address: Any) -> str:
    if not hasattr(address, "port"):
        return f"unix:{getattr(address, 'name', address)}"
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"http://{host}:{address.port}"
