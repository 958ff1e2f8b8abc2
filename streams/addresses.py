"""Whose request it is, behind proxies: the client's address, and the bucket its attempts count in.

Whoever asks for an address asks here: limits, logins and the log read the same headers alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address

UNKNOWN = "unknown"

# `[2001:db8::1]:443`, `203.0.113.7:51234`, `[2001:db8::1]`; none is longer than this.
_WITH_PORT = re.compile(r"\[([^]]*)\](?::[0-9]{1,5})?|([^[\]]*):[0-9]{1,5}")
_LONGEST = 120


def client_address(peer: str | None, forwarded_for: Sequence[str], trusted_hops: int) -> str | None:
    """The address of the client behind so many proxies of ours, each of which appends one.

    `forwarded_for` are the values of the X-Forwarded-For headers; what stands left of the
    trusted entries anybody can write. Without a port, and the same for each way to write it.
    """
    address = parse_address(_trusted_entry(forwarded_for, trusted_hops))
    if address is None:
        address = parse_address(peer or "")
    return peer if address is None else str(address)


def address_of(scope: Mapping[str, Any], trusted_hops: int) -> str | None:
    """The address of the client of an ASGI scope."""
    client = scope.get("client")
    forwarded = _values(scope, b"x-forwarded-for")
    return client_address(client[0] if client else None, forwarded, trusted_hops)


def with_forwarded_scheme(scope: dict[str, Any], trusted_hops: int) -> dict[str, Any]:
    """The scope with the scheme that the client used, in `scheme` and in its one header.

    Proxies write X-Forwarded-Proto in several ways (`HTTPS`, `wss`, `https, http`); Django
    compares it with `https`.
    """
    entry = _trusted_entry(_values(scope, b"x-forwarded-proto"), trusted_hops, is_set=True)
    scheme = {"wss": "https", "ws": "http"}.get(entry.lower(), entry.lower())
    if scheme not in ("http", "https"):
        return scope
    headers = [header for header in scope["headers"] if header[0] != b"x-forwarded-proto"]
    headers.append((b"x-forwarded-proto", scheme.encode("ascii")))
    own = scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme
    return {**scope, "headers": headers, "scheme": own}


def bucket_of(address: str | None) -> str:
    """One host, or one IPv6 network of the size that a single customer gets."""
    parsed = parse_address(address or "")
    if parsed is None:
        return UNKNOWN
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed), 64), strict=False).network_address) + "/64"
    return str(parsed)


def parse_address(text: str) -> Address | None:
    """Every form in which proxies write one: with a port, brackets, quotation marks or a zone.

    IPv4 in the form of IPv6 is IPv4; a zone has a meaning on its own machine only.
    """
    text = text[:_LONGEST].strip().strip('"').strip()
    if address := _parse(text):
        return address
    match = _WITH_PORT.fullmatch(text)
    return _parse(match[1] if match[1] is not None else match[2]) if match else None


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _trusted_entry(values: Sequence[str], trusted_hops: int, *, is_set: bool = False) -> str:
    """What the outermost proxy of ours wrote, "" if it is not to be told.

    Most proxies append to a header, some set it anew (`is_set`): then one entry may stand for all.
    Empty elements count for nothing, as in every list. Quotation marks do not hold an entry
    together: a client could open one that none of ours closes.
    """
    entries = [e for value in values for entry in value.split(",") if (e := entry.strip())]
    if not trusted_hops or not entries or (len(entries) < trusted_hops and not is_set):
        return ""
    return entries[-min(trusted_hops, len(entries))]


def _values(scope: Mapping[str, Any], name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope.get("headers", ()) if key == name]
