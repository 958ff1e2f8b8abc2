"""What can be an entry of ALLOWED_HOSTS: Django takes anything, and then refuses every request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address

# A name, an IPv4 address, or a domain with all below it (".example.com").
NAME = re.compile(r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.IGNORECASE)


def find_impossible_host(hosts: Iterable[object]) -> str | None:
    """The first that no request can match, like a URL or a host with a port; None without one."""
    return next((str(host) for host in hosts if not _is_possible(str(host))), None)


def describe_impossible_host(host: str) -> str:
    """One sentence, without its subject: "has …, which …"."""
    return f"has {host!r}, which is no host: it has neither scheme nor port, like app.example.com"


def _is_possible(host: str) -> bool:
    return host == "*" or bool(NAME.fullmatch(host)) or _is_ipv6(host)


def _is_ipv6(host: str) -> bool:
    if not (host.startswith("[") and host.endswith("]")):
        return False
    try:
        IPv6Address(host[1:-1])
    except ValueError:
        return False
    return True
