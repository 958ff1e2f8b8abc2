"""Which web pages may connect: an Origin, if there is one, must be the own host or be listed.

Not every Origin is a web page's: apps that wrap a browser send `capacitor://localhost` and the
like, extensions `chrome-extension://…`, and pages without a place of their own `null`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, NamedTuple

from django.http.request import split_domain_port

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
# Of pages in a sandbox, or from a file: anybody can make one.
NOWHERE: Final = ("null", "file://")

# Browsers send international names in their ASCII form.
_ORIGIN: Final = re.compile(
    r"([a-z][a-z0-9+.-]*)://(\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)(?::([0-9]{1,5}))?"
)


class Origin(NamedTuple):
    """Its parts; no port is the scheme's own."""

    scheme: str
    host: str
    port: int | None

    @property
    def is_web(self) -> bool:
        return self.scheme in DEFAULT_PORTS


def canonical_origin(text: str) -> str | None:
    """An origin as browsers send it: lower case, no default port; None: it is none."""
    if text.lower() in NOWHERE:
        return text.lower()
    origin = _parse(text)
    if origin is None:
        return None
    port = f":{origin.port}" if origin.port else ""
    return f"{origin.scheme}://{origin.host}{port}"


def is_web_origin(text: str) -> bool:
    """Whether it is a web page's: only whoever has the host can have it."""
    origin = _parse(text)
    return origin is not None and origin.is_web


def is_allowed(text: str, own_host: str, allowed_origins: Collection[str]) -> bool:
    """`own_host` is the request's, "" if it is none of ours; `allowed_origins` are canonical."""
    if canonical_origin(text) in allowed_origins:
        return True
    origin = _parse(text)
    return origin is not None and origin.is_web and _is_same(origin, own_host)


def _parse(text: str) -> Origin | None:
    match = _ORIGIN.fullmatch(text.lower())
    port = int(match[3]) if match and match[3] else None
    if match is None or (port is not None and not 0 < port < 65_536):
        return None
    is_default = port == DEFAULT_PORTS.get(match[1])
    return Origin(match[1], match[2], None if is_default else port)


def _is_same(origin: Origin, host: str) -> bool:
    domain, port = split_domain_port(host)
    # Behind a proxy the scheme of the request is not known; the default port tells as much.
    ports = {int(port)} if port else set(DEFAULT_PORTS.values())
    return origin.host == domain and (origin.port or DEFAULT_PORTS[origin.scheme]) in ports
