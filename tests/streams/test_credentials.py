"""What a handshake says about who is there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.credentials import AmbiguousCredentials, parse_credentials, without_secrets

COOKIE = "sessionid"


def scope_of(*headers: tuple[str, str], subprotocols: tuple[str, ...] = ()) -> dict[str, Any]:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return {"headers": encoded, "subprotocols": list(subprotocols)}


@pytest.mark.parametrize(
    "scope",
    [
        scope_of(("x-api-key", "K")),
        scope_of(("authorization", "Bearer K")),
        scope_of(("authorization", "bearer  K ")),
        scope_of(subprotocols=("financequery", "key.K")),
        scope_of(("x-api-key", "K"), ("authorization", "Bearer K"), subprotocols=("key.K",)),
        scope_of(("x-api-key", "K"), ("authorization", "Basic cHJveHk6cHJveHk=")),
    ],
)
def test_a_key_is_found_wherever_it_travels(scope: dict[str, Any]) -> None:
    assert parse_credentials(scope, COOKIE).key == "K"


@pytest.mark.parametrize(
    "scope",
    [
        scope_of(("x-api-key", "K"), ("x-api-key", "L")),
        scope_of(("x-api-key", "K"), ("authorization", "Bearer L")),
        scope_of(("x-api-key", ""), subprotocols=("key.L",)),
        scope_of(subprotocols=("key.K", "key.L")),
        scope_of(("origin", "https://a.example"), ("origin", "https://b.example")),
    ],
)
def test_what_can_be_read_in_two_ways_is_not_read_at_all(scope: dict[str, Any]) -> None:
    with pytest.raises(AmbiguousCredentials):
        parse_credentials(scope, COOKIE)


def test_nothing_is_nothing() -> None:
    credentials = parse_credentials(scope_of(), COOKIE)
    assert (credentials.key, credentials.session_key, credentials.origin) == (None, None, None)


def test_a_session_is_found_among_other_cookies() -> None:
    scope = scope_of(("cookie", "a=b; sessionid=abcdefgh; c=d"))
    credentials = parse_credentials(scope, COOKIE)
    assert credentials.session_key == "abcdefgh"
    assert credentials.is_plausible_session


def test_a_long_key_is_cut_and_not_plausible() -> None:
    credentials = parse_credentials(scope_of(("x-api-key", "A" * 1_000_000)), COOKIE)
    assert credentials.key
    assert len(credentials.key) < 300
    assert not credentials.is_plausible_key


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_bytes_break_it(key: bytes, cookie: bytes) -> None:
    scope = {"headers": [(b"x-api-key", key), (b"cookie", cookie)], "subprotocols": []}
    credentials = parse_credentials(scope, COOKIE)
    assert key.decode("latin-1") not in repr(credentials) or len(key) < 12


def test_what_is_secret_goes_no_further() -> None:
    scope = scope_of(
        ("x-api-key", "K"),
        ("Authorization", "Bearer K"),
        ("cookie", "sessionid=x"),
        ("sec-websocket-protocol", "financequery, key.K"),
        ("user-agent", "test"),
        subprotocols=("financequery", "key.K"),
    )
    inner = without_secrets(scope)
    assert inner["headers"] == [(b"user-agent", b"test")]
    assert inner["subprotocols"] == ["financequery"]
    assert len(scope["headers"]) == 5, "the server's own scope is left alone"
