"""What clients may say on /quotes, and how everything else is answered."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.protocol import ClientError, Metadata, encode, parse_command, with_metadata

PRESENT = ("AAPL", "MSFT")
METADATA = {"rate_limit": 8000, "remaining_requests": 7999, "reset": 86400}


def parse(text: str | None, present: tuple[str, ...] = PRESENT) -> tuple[str, ...]:
    return parse_command(text, present, max_symbols=200, max_bytes=8192)


def test_a_list_replaces_the_symbols() -> None:
    assert parse("nvda, GOOG,,nvda\n") == ("GOOG", "NVDA")


def test_subscribe_adds_and_unsubscribe_removes() -> None:
    assert parse('{"subscribe": ["nvda"]}') == ("AAPL", "MSFT", "NVDA")
    assert parse('{"unsubscribe": ["AAPL"]}') == ("MSFT",)
    assert parse(' {"subscribe": ["B", "A"], "unsubscribe": ["AAPL", "MSFT"]}') == ("A", "B")


def test_everything_can_be_unsubscribed() -> None:
    assert parse('{"unsubscribe": ["AAPL", "MSFT"]}') == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "not_text"),
        ("", "empty"),
        (" \n", "empty"),
        (",, ,", "empty"),
        ("A" * 8193, "message_too_long"),
        ("é" * 5000, "message_too_long"),
        ("AAPL MSFT", "invalid_symbol"),
        ("AAPL,'; DROP TABLE quotes;--", "invalid_symbol"),
        ("AAPL,\x00", "invalid_symbol"),
        ("🚀", "invalid_symbol"),
        ("A" * 300, "invalid_symbol"),
        (",".join(f"SIM{n:04}" for n in range(1, 202)), "too_many_symbols"),
        ('{"subscribe": ["A B"]}', "invalid_symbol"),
        ('{"subscribe": "AAPL"}', "unknown_command"),
        ('{"subscribe": [1]}', "unknown_command"),
        ('{"subscribe": []}', "unknown_command"),
        ('{"ping": 1}', "unknown_command"),
        ("{}", "unknown_command"),
        ('["AAPL"]', "unknown_command"),
        ('{"subscribe": ', "malformed_json"),
        ("{" * 2000, "malformed_json"),
        ("[" * 8000, "unknown_command"),
        ('{"subscribe": ["\ud800"]}', "malformed_json"),
    ],
)
def test_what_cannot_be_followed_is_named(text: str | None, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        parse(text)
    assert refused.value.code == code
    error = json.loads(refused.value.frame())["error"]
    assert error["code"] == code
    assert error["message"].endswith(".")


def test_the_limit_counts_the_symbols_that_result() -> None:
    full = tuple(f"SIM{n:04}" for n in range(1, 201))
    assert parse(",".join(full), present=()) == full
    assert parse('{"subscribe": ["SIM0001"]}', present=full) == full
    with pytest.raises(ClientError) as refused:
        parse('{"subscribe": ["AAPL"]}', present=full)
    assert refused.value.code == "too_many_symbols"


@given(st.none() | st.text() | st.text(alphabet='{}[]":,subcrieAPL '))
def test_any_text_is_followed_or_refused(text: str | None) -> None:
    try:
        symbols = parse(text)
    except ClientError as error:
        json.loads(error.frame())
    else:
        assert symbols == tuple(sorted(set(symbols)))


def test_numbers_that_json_does_not_know_become_null() -> None:
    assert encode({"value": float("nan"), "other": float("inf")}) == '{"value":null,"other":null}'


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ("[]", [{"metadata": METADATA}]),
        ('[{"symbol":"AAPL"}]', [{"metadata": METADATA}, {"symbol": "AAPL"}]),
        ("{}", {"metadata": METADATA}),
        ('{"quote":null}', {"metadata": METADATA, "quote": None}),
    ],
)
def test_metadata_is_a_first_element_or_a_key(payload: str, message: object) -> None:
    assert json.loads(with_metadata(payload, Metadata(**METADATA))) == message
