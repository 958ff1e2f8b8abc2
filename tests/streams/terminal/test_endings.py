"""What close codes, refusals and errors make the client do."""

from __future__ import annotations

import pytest

from streams.terminal.endings import (
    EXIT_BAD_INPUT,
    MAX_PAUSE_SECONDS,
    MAX_RETRY_AFTER_SECONDS,
    Lost,
    Stopped,
    ending_of_close,
    ending_of_error,
    ending_of_refusal,
    printable,
)


@pytest.mark.parametrize("code", [None, 1000, 1006, 1011, 1012, 4408, 4413, 4429, 4999])
def test_it_comes_back_after_these_codes(code: int | None) -> None:
    assert isinstance(ending_of_close(code, ""), Lost)


@pytest.mark.parametrize("code", [1007, 1009, 4401])
def test_it_does_not_come_back_after_these(code: int) -> None:
    ending = ending_of_close(code, "Why")
    assert isinstance(ending, Stopped)
    assert ending.exit_code == EXIT_BAD_INPUT
    assert str(code) in str(ending)


def test_clients_of_a_restarting_server_come_back_at_different_times() -> None:
    lost = ending_of_close(1012, "")
    assert isinstance(lost, Lost)
    pauses = [lost.pause_seconds(0) for _ in range(200)]
    assert min(pauses) > 0
    assert max(pauses) - min(pauses) > 2


def test_pauses_grow_up_to_a_bound_and_are_never_nothing() -> None:
    def longest(failures: int) -> float:
        return max(Lost("").pause_seconds(failures) for _ in range(300))

    assert longest(0) <= 1
    assert longest(0) < longest(3) < longest(6) <= MAX_PAUSE_SECONDS
    assert longest(10_000) <= MAX_PAUSE_SECONDS
    assert min(Lost("").pause_seconds(0) for _ in range(300)) >= 0.1


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 429])
def test_a_refusal_is_told_in_the_servers_words(status: int) -> None:
    body = b'{"error": {"code": "missing_key", "message": "An API key is needed."}}'
    ending = ending_of_refusal(status, body, None)
    assert isinstance(ending, Stopped)
    assert f"{status}" in str(ending)
    assert str(ending).endswith(", missing_key: An API key is needed.")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": 1}', b"\xff"])
def test_a_refusal_without_words_is_told_without_them(body: bytes) -> None:
    assert str(ending_of_refusal(403, body, None)) == "The server answered 403."


@pytest.mark.parametrize(
    ("retry_after", "at_least"),
    [("5", 5), ("86400", MAX_RETRY_AFTER_SECONDS), (None, 0), ("soon", 0), ("-1", 0)],
)
def test_a_full_server_is_left_alone_for_as_long_as_it_says(
    retry_after: str | None, at_least: float
) -> None:
    ending = ending_of_refusal(503, b"", retry_after)
    assert isinstance(ending, Lost)
    assert ending.at_least == at_least


def test_an_error_frame_stops_and_data_does_not() -> None:
    error = {"error": {"code": "too_many_symbols", "message": "A connection may follow 2."}}
    assert str(ending_of_error(error)) == "The server says: A connection may follow 2."
    for data in ([], {}, {"error": None}, [error], "error", None):
        assert ending_of_error(data) is None


def test_nothing_that_steers_a_terminal_is_printed() -> None:
    assert printable("\x1b]0;title\x07AAPL\u202e\n") == " ]0;title AAPL  "
