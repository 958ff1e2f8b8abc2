"""What a handshake says about who is there."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from hypothesis import given
from hypothesis import strategies as st

from streams.credentials import (
    AmbiguousCredentials,
    Credentials,
    parse_credentials,
    without_secrets,
)

COOKIE = "sessionid"


def parse(scope: dict[str, Any]) -> Credentials:
    """With two keys in the world: K and L."""
    return parse_credentials(scope, COOKIE, lambda text: text in ("K", "L"))


def scope_of(*headers: tuple[str, str], subprotocols: tuple[str, ...] = ()) -> dict[str, Any]:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return {"headers": encoded, "subprotocols": list(subprotocols)}


@pytest.mark.parametrize(
    "scope",
    [
        scope_of(("x-api-key", "K")),
        scope_of(("x-api-key", " \tK\t ")),
        scope_of(("x-api-key", "K"), ("x-api-key", " K")),
        scope_of(("authorization", "Bearer K")),
        scope_of(("authorization", "bearer  K ")),
        scope_of(("authorization", "\tBEARER\t K\t")),
        scope_of(("authorization", "Basic cHJveHk6cHJveHk="), ("authorization", "bEARER K")),
        scope_of(subprotocols=("financequery", "key.K")),
        scope_of(("x-api-key", "K"), ("authorization", "Bearer K"), subprotocols=("key.K",)),
        scope_of(("x-api-key", "K"), ("authorization", "Basic cHJveHk6cHJveHk=")),
        scope_of(("x-api-key", "K"), ("authorization", "Negotiate YIIZ")),
        scope_of(("x-api-key", "K"), ("authorization", "Bearer eyJh.eyJz.c2ln")),
        scope_of(("x-api-key", "eyJh.eyJz.c2ln"), ("authorization", "Bearer K")),
        scope_of(("x-api-key", ""), ("authorization", "Bearer"), subprotocols=("key.K",)),
    ],
)
def test_a_key_is_found_wherever_it_travels(scope: dict[str, Any]) -> None:
    assert parse(scope).key == "K"


@pytest.mark.parametrize(
    "blank", ["\xa0", "\x85", "\x1c", "\x1f", "\x0b", "\x0c", "\r", "\n", "\x00"]
)
@pytest.mark.parametrize("where", ["x-api-key", "authorization", "subprotocol"])
def test_only_spaces_and_tabs_are_blanks(where: str, blank: str) -> None:
    for text in (f"{blank}K", f"K{blank}"):
        scope = {
            "x-api-key": scope_of(("x-api-key", text)),
            "authorization": scope_of(("authorization", f"Bearer {text}")),
            "subprotocol": scope_of(subprotocols=(f"key.{text}",)),
        }[where]
        credentials = parse(scope)
        assert credentials.key is None
        assert credentials.has_other_key


def test_other_schemes_are_no_keys() -> None:
    for value in ("Basic K", "Negotiate K", "BearerK", "Digest username=K", "K", ""):
        assert not parse(scope_of(("authorization", value))).has_other_key


@pytest.mark.parametrize(
    "scope",
    [
        scope_of(("x-api-key", "K"), ("x-api-key", "L")),
        scope_of(("x-api-key", "K"), ("authorization", "Bearer L")),
        scope_of(*[("x-api-key", f"other {n}") for n in range(9)]),
        scope_of(subprotocols=("key.K", "key.L")),
        scope_of(("origin", "https://a.example"), ("origin", "https://b.example")),
    ],
)
def test_what_can_be_read_in_two_ways_is_not_read_at_all(scope: dict[str, Any]) -> None:
    with pytest.raises(AmbiguousCredentials):
        parse(scope)


def test_nothing_is_nothing() -> None:
    credentials = parse_credentials(scope_of(), COOKIE)
    assert (credentials.key, credentials.session_key, credentials.origin) == (None, None, None)


@pytest.mark.parametrize(
    "cookies",
    [
        ["a=b; sessionid=abcdefgh; c=d"],
        ['g_state={"i_l":0}; sessionid=abcdefgh'],
        ["foo=a b; sessionid=abcdefgh"],
        ["bare; sessionid=abcdefgh"],
        ["a[0]=1; sessionid=abcdefgh"],
        ["path=/x; sessionid=abcdefgh"],
        ["sessionid=abcdefgh; path=/x"],
        ["sessionid=abcdefgh;é=ü;;=;"],
        ['sessionid="abcdefgh"'],
        ["sessionid=other; sessionid=abcdefgh"],
        ["a=b", "sessionid=abcdefgh", "bare"],
    ],
)
def test_a_session_is_found_as_a_page_finds_it(cookies: list[str]) -> None:
    scope = scope_of(*[("cookie", cookie) for cookie in cookies])
    credentials = parse(scope)
    assert credentials.session_key == "abcdefgh"
    assert credentials.is_plausible_session
    request = ASGIRequest(
        {
            "method": "GET",
            "path": "/",
            "headers": [(b"cookie", "; ".join(cookies).encode("latin-1"))],
        },
        BytesIO(),
    )
    assert request.COOKIES[COOKIE] == credentials.session_key


def test_a_session_that_no_engine_makes_is_not_looked_up() -> None:
    for value in ("", "short", "a" * 5000, '"abcdefgh\\000"', "abcdefgh\xa0x"):
        credentials = parse(scope_of(("cookie", f"sessionid={value}")))
        assert not credentials.is_plausible_session


@pytest.mark.parametrize(
    ("asked", "own"),
    [
        ("stream.example.com", "stream.example.com"),
        ("Stream.Example.com:8443", "Stream.Example.com:8443"),
        ("a.wild.example", "a.wild.example"),
        ("rebound.example", ""),
        ("stream.example.com, evil.example", ""),
        ("", ""),
    ],
)
def test_the_own_host_is_the_one_that_pages_have(settings: Any, asked: str, own: str) -> None:
    settings.ALLOWED_HOSTS = ["stream.example.com", ".wild.example"]
    assert parse(scope_of(("host", asked))).own_host == own


def test_without_allowed_hosts_in_debug_mode_this_machine_is_the_own_host(settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.DEBUG = [], True
    assert parse(scope_of(("host", "localhost:8000"))).own_host == "localhost:8000"


def test_a_proxys_host_counts_where_it_does_for_pages(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["stream.example.com", "inner"]
    scope = scope_of(("host", "inner"), ("x-forwarded-host", "stream.example.com"))
    assert parse(scope).own_host == "inner"
    settings.USE_X_FORWARDED_HOST = True
    assert parse(scope).own_host == "stream.example.com"


def test_a_long_text_is_no_key() -> None:
    credentials = parse_credentials(scope_of(("x-api-key", "A" * 1_000_000)), COOKIE)
    assert credentials.key is None
    assert credentials.has_other_key


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
