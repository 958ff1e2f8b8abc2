"""File descriptors: each connection takes one, and unasked most systems give a process 1,024."""

from __future__ import annotations

import logging
import resource

logger = logging.getLogger(__name__)

# For everything that is no client: code, logs, databases, Redis, the source, threads.
RESERVE = 256


def raise_limit(max_connections: int) -> None:
    """Ask for as many as so many connections need; says so if the system gives fewer."""
    needed = max_connections + RESERVE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        wanted = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if shortage := get_shortage(max_connections):
        logger.warning(
            "MAX_CONNECTIONS is %d, which needs %d more open files than this process may have",
            max_connections,
            shortage,
        )


def get_shortage(max_connections: int) -> int:
    """How many descriptors so many connections need beyond what the system can give."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return 0 if hard == resource.RLIM_INFINITY else max(0, max_connections + RESERVE - hard)
