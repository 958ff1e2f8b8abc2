"""What a handshake says about who is there: its key, its session, its Origin; pure functions.

Everything is read as Django reads it for a page, so that nobody is logged in on a page and a
stranger to its sockets.

Errors: `AmbiguousCredentials` (the client's fault; sending one key in one place helps).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, parse_cookie

from streams.keys import could_be_key

KEY_SUBPROTOCOL: Final = "key."
# What may stand around a header's value or a key in it (RFC 9110, optional whitespace), and
# nothing else may: Python's strip() takes a dozen more away.
BLANKS: Final = " \t"
_BEARER: Final = re.compile(r"bearer[ \t]+(.*)", re.IGNORECASE | re.DOTALL)
# Proxies may add one or two to a client's own; each is compared with ADMIN_API_KEY.
MAX_KEYS: Final = 8
# Database sessions have 32 characters; a signed cookie is as long as what it holds.
_SESSION_KEY: Final = re.compile("[!-~]{8,4096}")

# What nothing behind the validation needs to see, and so cannot leak.
_SECRET_HEADERS: Final = frozenset(
    {b"x-api-key", b"authorization", b"proxy-authorization", b"cookie", b"sec-websocket-protocol"}
)


class AmbiguousCredentials(Exception):
    """Different keys in different places, or a header that may come once twice."""


class Credentials(msgspec.Struct, frozen=True):
    """What was sent, unverified. Never to be logged.

    `has_other_key`: something was sent as a key that cannot be one. A proxy's own bearer is such.
    """

    key: str | None
    session_key: str | None
    origin: str | None
    own_host: str
    has_other_key: bool = False

    def __repr__(self) -> str:
        return "Credentials(…)"

    @property
    def is_plausible_session(self) -> bool:
        return self.session_key is not None and _SESSION_KEY.fullmatch(self.session_key) is not None


def parse_credentials(
    scope: dict[str, Any], session_cookie: str, may_be_key: Callable[[str], bool] = could_be_key
) -> Credentials:
    """The credentials in an ASGI scope. Raises AmbiguousCredentials."""
    origins = _get_all(scope, b"origin")
    if len(origins) > 1:
        raise AmbiguousCredentials("more than one Origin")
    sent = _sent_as_key(scope)
    if len(sent) > MAX_KEYS:
        raise AmbiguousCredentials("too many keys in one handshake")
    keys = {text for text in sent if may_be_key(text)}
    if len(keys) > 1:
        raise AmbiguousCredentials("different keys in one handshake")
    return Credentials(
        key=keys.pop() if keys else None,
        session_key=_parse_session_key(_get_all(scope, b"cookie"), session_cookie),
        origin=origins[0] if origins else None,
        own_host=_own_host(scope),
        has_other_key=bool(sent),
    )


def without_secrets(scope: dict[str, Any]) -> dict[str, Any]:
    """The scope as the application behind the validation gets it."""
    return {
        **scope,
        "headers": [(n, v) for n, v in scope["headers"] if n.lower() not in _SECRET_HEADERS],
        "subprotocols": [
            name for name in scope.get("subprotocols", ()) if not name.startswith(KEY_SUBPROTOCOL)
        ],
    }


def _sent_as_key(scope: dict[str, Any]) -> set[str]:
    """Other schemes of Authorization, for example a proxy's Basic or Negotiate, are not ours."""
    bearers = (_BEARER.fullmatch(value) for value in _get_all(scope, b"authorization"))
    return {
        *_get_all(scope, b"x-api-key"),
        *(match[1].strip(BLANKS) for match in bearers if match),
        *(
            name.removeprefix(KEY_SUBPROTOCOL)
            for name in scope.get("subprotocols", ())
            if name.startswith(KEY_SUBPROTOCOL)
        ),
    }


def _parse_session_key(values: list[str], name: str) -> str | None:
    return parse_cookie("; ".join(values)).get(name) or None


def _own_host(scope: dict[str, Any]) -> str:
    """The host that was asked for, "" if it is none of ALLOWED_HOSTS.

    A name that an attacker points at this server would otherwise be its own Origin.
    """
    request = HttpRequest()
    for header in ("host", "x-forwarded-host"):
        if values := _get_all(scope, header.encode()):
            request.META[f"HTTP_{header.upper().replace('-', '_')}"] = ",".join(values)
    try:
        return request.get_host() if "HTTP_HOST" in request.META else ""
    except DisallowedHost:
        return ""


def _get_all(scope: dict[str, Any], name: bytes) -> list[str]:
    # Latin-1 turns any bytes into text; no key, host or origin of ours has such characters.
    found = (v.decode("latin-1") for n, v in scope.get("headers", ()) if n.lower() == name)
    return [value.strip(BLANKS) for value in found]
