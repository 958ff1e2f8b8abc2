"""From a command line to a URL, and the sentences for what is none."""

from __future__ import annotations

import pytest

from streams.terminal.endings import EXIT_BAD_INPUT, Stopped
from streams.terminal.target import parse_target

URL = "ws://localhost:8000"


@pytest.mark.parametrize(
    ("endpoint", "symbols", "url", "first"),
    [
        ("quotes", ["msft", "AAPL,msft"], f"{URL}/quotes", "MSFT,AAPL"),
        ("/hours/", [], f"{URL}/hours", None),
        ("Market", [","], f"{URL}/market", None),
        ("profile", ["^gspc"], f"{URL}/profile/%5EGSPC", None),
    ],
)
def test_it_says_where_to_connect_and_what_to_send(
    endpoint: str, symbols: list[str], url: str, first: str | None
) -> None:
    target = parse_target(endpoint, symbols, f"{URL}/")
    assert (target.url, target.first_message) == (url, first)


def test_a_server_may_be_mounted_below_a_path() -> None:
    assert parse_target("hours", [], "wss://example.com/live").url == "wss://example.com/live/hours"


def test_a_key_is_a_header_and_is_not_shown() -> None:
    target = parse_target("hours", [], URL, "fq_secret")
    assert target.headers == {"x-api-key": "fq_secret"}
    assert "secret" not in repr(target)
    assert parse_target("hours", [], URL).headers == {}


@pytest.mark.parametrize(
    ("endpoint", "symbols", "url", "said"),
    [
        ("quote", ["AAPL"], URL, "There is no endpoint 'quote'"),
        ("quotes", [], URL, "quotes needs symbols"),
        ("quotes", ["AA PL"], URL, "'AA PL' is not a symbol"),
        ("profile", [], URL, "exactly one symbol, not 0"),
        ("profile", ["AAPL", "MSFT"], URL, "exactly one symbol, not 2"),
        ("market", ["AAPL"], URL, "market takes no symbols, not 1"),
        ("hours", [], "http://localhost", "--url is like"),
        ("hours", [], "localhost:8000", "--url is like"),
        ("hours", [], "ws://:8000", "--url is like"),
        ("hours", [], "ws://localhost:eight", "--url is like"),
        ("hours", [], "ws://localhost?key=1", "a key goes into --key"),
        ("hours", [], "ws://me@localhost", "a key goes into --key"),
    ],
)
def test_what_cannot_be_asked_gets_a_sentence(
    endpoint: str, symbols: list[str], url: str, said: str
) -> None:
    with pytest.raises(Stopped, match=said) as stopped:
        parse_target(endpoint, symbols, url)
    assert stopped.value.exit_code == EXIT_BAD_INPUT


@pytest.mark.parametrize("key", ["a\nb", "schlüssel"])
def test_a_key_that_is_none_does_not_become_a_header(key: str) -> None:
    with pytest.raises(Stopped, match="no key has"):
        parse_target("hours", [], URL, key)
