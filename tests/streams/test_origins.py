"""Which web pages may connect."""

from __future__ import annotations

import pytest

from streams.origins import canonical_origin, is_allowed, is_web_origin


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://stream.example.com", "stream.example.com"),
        ("http://stream.example.com", "stream.example.com"),
        ("https://STREAM.example.com", "stream.example.com"),
        ("http://localhost:8000", "localhost:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("https://stream.example.com", "stream.example.com:443"),
        ("https://a.wild.example", "a.wild.example"),
    ],
)
def test_the_own_host_is_allowed(origin: str, host: str) -> None:
    assert is_allowed(origin, host, ())


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
    assert not is_allowed(origin, host, ())


def test_where_the_own_host_is_none_of_ours_nothing_is_the_own_host() -> None:
    assert not is_allowed("http://rebound.example", "", ())


def test_listed_origins_are_allowed_exactly() -> None:
    allowed = ("https://app.example.org", "http://localhost:3000")
    assert is_allowed("https://app.example.org", "stream.example.com", allowed)
    assert is_allowed("HTTP://localhost:3000", "stream.example.com", allowed)
    for origin in ("http://app.example.org", "https://app.example.org:8443", "https://example.org"):
        assert not is_allowed(origin, "stream.example.com", allowed)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("https://App.Example.com", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://app.example.com:80", "http://app.example.com"),
        ("https://app.example.com:80", "https://app.example.com:80"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("ionic://localhost", "ionic://localhost"),
        ("tauri://localhost", "tauri://localhost"),
        ("vscode-webview://1abc", "vscode-webview://1abc"),
        ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
        ("null", "null"),
        ("file://", "file://"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(text: str, canonical: str) -> None:
    assert canonical_origin(text) == canonical
    assert is_allowed(text, "", [canonical])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "example.com",
        "example.com:8443",
        "https://",
        "https://*.example.com",
        "https://example.com/",
        "https://example.com/page",
        "https://example.com?x",
        "https://user@example.com",
        "https://example.com:0",
        "https://example.com:65536",
        "https://a,b",
        "https://a;b",
        "https://a b",
        "https://münchen.example",
        "https://example.com\xa0",
        "https://example.com\n",
    ],
)
def test_what_no_browser_sends_is_no_origin(text: str) -> None:
    assert canonical_origin(text) is None


def test_only_web_pages_have_a_web_origin() -> None:
    assert is_web_origin("https://app.example.com")
    for origin in ("null", "file://", "capacitor://localhost", "chrome-extension://abc", "", "x"):
        assert not is_web_origin(origin)
