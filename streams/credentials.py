"""What a handshake says about who is there: its key, its session, its Origin; pure functions.

Errors: `AmbiguousCredentials` (the client's fault; sending one key in one place helps).
"""

from __future__ import annotations

import re
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

import msgspec

from streams.keys import could_be_key

KEY_SUBPROTOCOL: Final = "key."
# No key is longer; what is need not be hashed.
MAX_KEY_LENGTH: Final = 256
_SESSION_KEY: Final = re.compile("[a-z0-9]{8,40}")

# What nothing behind the validation needs to see, and so cannot leak.
_SECRET_HEADERS: Final = frozenset(
    {b"x-api-key", b"authorization", b"cookie", b"sec-websocket-protocol"}
)


class AmbiguousCredentials(Exception):
    """Different keys in different places, or a header that may come once twice."""


class Credentials(msgspec.Struct, frozen=True):
    """What was sent, unverified. Never to be logged."""

    key: str | None
    session_key: str | None
    origin: str | None
    host: str

    def __repr__(self) -> str:
        return "Credentials(…)"

    @property
    def is_plausible_key(self) -> bool:
        return self.key is not None and could_be_key(self.key)

    @property
    def is_plausible_session(self) -> bool:
        return self.session_key is not None and _SESSION_KEY.fullmatch(self.session_key) is not None


def parse_credentials(scope: dict[str, Any], session_cookie: str) -> Credentials:
    """The credentials in an ASGI scope. Raises AmbiguousCredentials."""
    origins = _get_all(scope, b"origin")
    if len(origins) > 1:
        raise AmbiguousCredentials("more than one Origin")
    hosts = _get_all(scope, b"host")
    return Credentials(
        key=_one_key(scope),
        session_key=_parse_session_key(_get_all(scope, b"cookie"), session_cookie),
        origin=origins[0].strip() if origins else None,
        host=hosts[0].strip() if hosts else "",
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


def _one_key(scope: dict[str, Any]) -> str | None:
    keys = {
        *_get_all(scope, b"x-api-key"),
        *_parse_bearer(_get_all(scope, b"authorization")),
        *(
            name.removeprefix(KEY_SUBPROTOCOL)
            for name in scope.get("subprotocols", ())
            if name.startswith(KEY_SUBPROTOCOL)
        ),
    }
    if len(keys) > 1:
        raise AmbiguousCredentials("different keys in one handshake")
    return keys.pop()[: MAX_KEY_LENGTH + 1] if keys else None


def _parse_bearer(values: list[str]) -> list[str]:
    """Other schemes, for example a proxy's Basic, are not ours."""
    parts = [value.partition(" ") for value in values]
    return [token.strip() for scheme, _, token in parts if scheme.lower() == "bearer"]


def _parse_session_key(values: list[str], name: str) -> str | None:
    try:
        cookie = SimpleCookie("; ".join(values))
    except CookieError:
        return None
    return cookie[name].value or None if name in cookie else None


def _get_all(scope: dict[str, Any], name: bytes) -> list[str]:
    # Latin-1 turns any bytes into text; no key, host or origin of ours has such characters.
    return [v.decode("latin-1") for n, v in scope.get("headers", ()) if n.lower() == name]
