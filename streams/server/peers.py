"""How the kernel notices that a peer is gone, without anything being asked of Python."""

import socket
from typing import Any

UNACKNOWLEDGED_SECONDS = 30
QUIET_SECONDS = 20
PROBE_SECONDS = 10

# What a listening socket is told holds for every connection that it accepts.
_OPTIONS = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", QUIET_SECONDS),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", PROBE_SECONDS),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", UNACKNOWLEDGED_SECONDS * 1000),
)


def watch_peers(listening: Any) -> None:
    """Connections whose peer is silent for a minute at most end by themselves."""
    if listening.family not in (socket.AF_INET, socket.AF_INET6):
        return
    for level, name, value in _OPTIONS:
        if hasattr(socket, name):  # some systems lack some
            listening.setsockopt(level, getattr(socket, name), value)
