"""Which web pages may connect: an Origin, if there is one, must be the own host or be listed."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from django.http.request import split_domain_port, validate_host

DEFAULT_PORTS = {"http": 80, "https": 443}


def is_allowed(
    origin: str, host: str, allowed_origins: Collection[str], allowed_hosts: Collection[str]
) -> bool:
    """`host` is the request's Host header.

    The own host counts only if it is one of `allowed_hosts`: a name that an attacker points
    at this server would otherwise be its own Origin.
    """
    if origin.lower() in allowed_origins:
        return True
    parts = _parse(origin)
    return (
        parts is not None
        and _same_host(parts, host)
        and validate_host(split_domain_port(host)[0], list(allowed_hosts))
    )


def _parse(origin: str) -> SplitResult | None:
    """None for `null` and everything else that is no web page's origin."""
    try:
        parts = urlsplit(origin)
        is_origin = parts.scheme in DEFAULT_PORTS and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if is_origin and not (parts.path or parts.query or parts.username) else None


def _same_host(origin: SplitResult, host: str) -> bool:
    domain, port = split_domain_port(host)
    # Behind a proxy the scheme of the request is not known; the default port tells as much.
    ports = {int(port)} if port else set(DEFAULT_PORTS.values())
    hostname = origin.hostname or ""
    own = f"[{hostname}]" if ":" in hostname else hostname
    return own == domain and (origin.port or DEFAULT_PORTS[origin.scheme]) in ports
