"""Whose handshake it is: the client's address, and the bucket that its attempts are counted in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

UNKNOWN = "unknown"


def client_address(peer: str | None, forwarded_for: Sequence[str], trusted_hops: int) -> str | None:
    """The address of the client behind so many proxies of ours, each of which appends one.

    `forwarded_for` are the values of the X-Forwarded-For headers; what stands left of the
    trusted entries anybody can write.
    """
    entries = [entry.strip() for value in forwarded_for for entry in value.split(",")]
    if not trusted_hops or len(entries) < trusted_hops:
        return peer
    address = entries[-trusted_hops]
    return address if _parse(address) else peer


def address_of(scope: Mapping[str, Any], trusted_hops: int) -> str | None:
    """The address of the client of an ASGI scope."""
    client = scope.get("client")
    forwarded = [
        v.decode("latin-1") for n, v in scope.get("headers", ()) if n == b"x-forwarded-for"
    ]
    return client_address(client[0] if client else None, forwarded, trusted_hops)


def bucket_of(address: str | None) -> str:
    """One host, or one IPv6 network of the size that a single customer gets."""
    parsed = _parse(address or "")
    if parsed is None:
        return UNKNOWN
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((int(parsed), 64), strict=False).network_address) + "/64"
    return str(parsed)


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None
