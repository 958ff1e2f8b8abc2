"""Listening addresses in words, for the line that announces them and for errors."""

import os
import re
import socket
from typing import Any

from twisted.internet.error import CannotListenError


def describe_endpoint(description: str) -> str:
    """`tcp:port=8000:interface=::1` (colons escaped) → `[::1]:8000`; `unix:/path` as it is."""
    description = re.sub(r":backlog=\d+$", "", description)
    kind, _, rest = description.partition(":port=")
    if description.startswith("unix:"):
        return re.sub(r"\\(.)", r"\1", description.replace("unix:address=", "unix:", 1))
    if kind != "tcp":
        return description
    port, _, host = rest.partition(":backlog=")[0].partition(":interface=")
    host = host.replace("\\:", ":")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def describe_failure(error: Exception) -> str:
    cause = getattr(error, "socketError", error) if isinstance(error, CannotListenError) else error
    reason = getattr(cause, "strerror", None) or str(cause)
    name = f" ({cause.filename})" if isinstance(cause, OSError) and cause.filename else ""
    return reason[:1].lower() + reason[1:] + name


def describe_address(address: Any) -> str:
    if not hasattr(address, "port"):
        name = os.fsdecode(getattr(address, "name", None) or b"")
        return f"unix:{name}".replace("\0", "@")  # as tools write names that are no files
    return _describe_url(address.host, address.port)


def describe_socket(listening: socket.socket) -> str:
    return _describe_url(*listening.getsockname()[:2])


def _describe_url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
