"""The streamer's frames: decoded by hand, rounded, applied to the right session."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketdata.domain.quote import SimpleQuote
from marketdata.errors import MalformedAnswer
from marketdata.providers.yahoo.pricing import Pricing, applied, parse_frame, parse_message
from tests.marketdata.yahoo.streaming import make_frame, make_message

QUOTE = SimpleQuote(symbol="BTC-USD", name="Bitcoin", price=1.0, volume=7, high=2.0, price_hint=2)


def test_a_frame_is_decoded() -> None:
    frame = make_frame(
        symbol="btc-usd",
        price=110429.421875,
        time_ms=1_761_785_160_000,
        market_hours=1,
        percent_change=-1.5,
        change=-2207.5,
        volume=62_560_296_960,
        high=111000.0,
        low=109000.0,
    )
    assert parse_frame(frame) == Pricing(
        symbol="BTC-USD",
        price=110429.421875,
        time_ms=1_761_785_160_000,
        market_hours=1,
        percent_change=-1.5,
        change=-2207.5,
        volume=62_560_296_960,
        high=111000.0,
        low=109000.0,
    )


def test_what_a_partial_frame_leaves_out_stays_and_a_change_is_zero() -> None:
    pricing = parse_message(make_message(symbol="BTC-USD", price=3.0, market_hours=1))
    quote = applied(QUOTE, pricing)
    assert (quote.price, quote.change, quote.percent_change) == (3.0, 0.0, 0.0)
    assert (quote.volume, quote.high, quote.name) == (7, 2.0, "Bitcoin")


@pytest.mark.parametrize(
    ("sent", "hint", "shown"),
    [
        (110429.421875, 2, 110429.42),
        (1.23e-06, 10, 0.00000123),
        (700_000.0625, 2, 700_000.06),
        (231.87, 2, 231.87),
        (231.87, None, 231.87),
        (0.00615, 2, 0.00615),
        (0.1, None, 0.1),
    ],
)
def test_prices_lose_the_error_of_float32(sent: float, hint: int | None, shown: float) -> None:
    quote = SimpleQuote(symbol="A", name="A", price_hint=hint)
    pricing = parse_message(make_message(symbol="A", price=sent, market_hours=1))
    assert applied(quote, pricing).price == shown


@pytest.mark.parametrize(
    ("market_hours", "field"),
    [(0, "pre_market_price"), (2, "after_hours_price"), (3, "after_hours_price")],
)
def test_prices_out_of_hours_leave_the_regular_one_alone(market_hours: int, field: str) -> None:
    pricing = parse_message(make_message(symbol="A", price=3.5, market_hours=market_hours))
    quote = applied(QUOTE, pricing)
    assert (getattr(quote, field), quote.price) == (3.5, 1.0)


def test_frames_of_other_types_are_passed_over() -> None:
    assert parse_frame('{"type": "heartbeat"}') is None


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "[]",
        "nonsense",
        '{"type": "pricing", "message": "%%%"}',
        '{"type": "pricing", "message": "bé=="}',
        '{"type": "pricing", "message": ""}',
        '{"type": "pricing", "message": 1}',
        '{"type": "pricing", "message": "CgNBQkM="}',
    ],
)
def test_nonsense_is_malformed(frame: str) -> None:
    with pytest.raises(MalformedAnswer):
        parse_frame(frame)


@given(
    st.one_of(
        st.binary(max_size=60),
        st.binary(max_size=30).map(make_message(symbol="A", price=1.0).__add__),
    )
)
def test_any_bytes_are_an_update_or_malformed(message: bytes) -> None:
    with contextlib.suppress(MalformedAnswer):
        applied(QUOTE, parse_message(message))
