"""Which web pages may connect."""

from __future__ import annotations

import pytest

from streams.origins import is_allowed

HOSTS = ("stream.example.com", "localhost", "[::1]", ".wild.example")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://stream.example.com", "stream.example.com"),
        ("http://stream.example.com", "stream.example.com"),
        ("https://STREAM.example.com", "Stream.Example.Com"),
        ("http://localhost:8000", "localhost:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("https://stream.example.com", "stream.example.com:443"),
        ("https://a.wild.example", "a.wild.example"),
    ],
)
def test_the_own_host_is_allowed(origin: str, host: str) -> None:
    assert is_allowed(origin, host, (), HOSTS)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.example", "stream.example.com"),
        ("https://stream.example.com.evil.example", "stream.example.com"),
        ("https://stream.example.com@evil.example", "stream.example.com"),
        ("https://evil.example/stream.example.com", "stream.example.com"),
        ("http://localhost:8001", "localhost:8000"),
        ("https://stream.example.com:8443", "stream.example.com"),
        ("ftp://localhost", "localhost"),
        ("file://", "localhost"),
        ("null", "localhost"),
        ("", ""),
        ("http://", ""),
        ("http://[", "["),
        ("http://localhost:99999", "localhost:99999"),
        ("http://localhost:0", "localhost:0"),
        ("\x00é", "localhost"),
    ],
)
def test_others_are_not(origin: str, host: str) -> None:
    assert not is_allowed(origin, host, (), HOSTS)


def test_a_name_that_somebody_pointed_at_this_server_is_not_its_own_host() -> None:
    assert not is_allowed("http://rebound.example", "rebound.example", (), HOSTS)


def test_listed_origins_are_allowed_exactly() -> None:
    allowed = ("https://app.example.org", "http://localhost:3000")
    assert is_allowed("https://app.example.org", "stream.example.com", allowed, HOSTS)
    assert is_allowed("HTTP://localhost:3000", "stream.example.com", allowed, HOSTS)
    for origin in ("http://app.example.org", "https://app.example.org:8443", "https://example.org"):
        assert not is_allowed(origin, "stream.example.com", allowed, HOSTS)
