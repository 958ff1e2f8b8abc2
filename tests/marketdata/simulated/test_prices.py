from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from statistics import fmean, median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketdata.providers.simulated import prices
from marketdata.providers.simulated.instruments import Kind
from marketdata.providers.simulated.noise import get_fractions
from marketdata.providers.simulated.prices import ANCHOR_DAY, get_day, get_day_start
from marketdata.providers.simulated.universe import LISTED, STOCKS, get_instrument
from tests.marketdata.simulated.strategies import (
    MONDAY_NOON,
    get_price,
    get_quote,
    moments,
    symbols,
)

TICK = timedelta(seconds=5)
NOON_SECONDS = 12 * 3600


def get_exact_price(symbol: str, at: float) -> float:
    instrument = get_instrument(symbol)
    assert instrument
    return prices.get_price(instrument, at)


def test_chance_is_the_same_on_every_machine() -> None:
    assert get_fractions("AAPL", 2) == (0.4191131261177361, 0.9638659926131368)


@pytest.mark.parametrize(("symbol", "price"), [("AAPL", 315.64), ("BTC-USD", 88585.66)])
def test_prices_are_the_same_on_every_machine(symbol: str, price: float) -> None:
    assert get_price(symbol, MONDAY_NOON) == price


@settings(deadline=None)
@given(symbols, moments)
def test_prices_move_a_little_from_one_tick_to_the_next(symbol: str, now: datetime) -> None:
    at = now.timestamp()
    change = math.log(get_exact_price(symbol, at + 5) / get_exact_price(symbol, at))
    assert abs(change) < 0.005


@settings(deadline=None)
@given(symbols, st.integers(18_000, 27_000))
def test_prices_go_on_where_they_were_when_a_day_begins(symbol: str, day: int) -> None:
    begins_at = get_day_start(day)
    before, after = (get_exact_price(symbol, begins_at + side) for side in (-0.001, 0.0))
    assert (get_day(begins_at - 0.001), get_day(begins_at)) == (day - 1, day)
    assert math.isclose(before, after, rel_tol=1e-5)


@settings(deadline=None)
@given(symbols, st.integers(19_000, 22_600))
def test_prices_stay_near_what_people_know_for_years(symbol: str, day: int) -> None:
    instrument = get_instrument(symbol)
    assert instrument
    price = get_exact_price(symbol, get_day_start(day))
    assert instrument.base_price / 20 < price < instrument.base_price * 20


def test_prices_start_from_the_base_price_at_the_anchor() -> None:
    at = get_day_start(ANCHOR_DAY)
    for symbol, instrument in LISTED.items():
        assert get_exact_price(symbol, at) == pytest.approx(instrument.base_price, rel=0.01)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 6, 17, 15, 0, tzinfo=UTC),
        datetime(2026, 6, 20, 3, 0, tzinfo=UTC),
        datetime(2026, 12, 25, 12, 0, tzinfo=UTC),
    ],
    ids=["session", "weekend", "holiday"],
)
@pytest.mark.parametrize("symbol", ["SIM0001", "SIM0002", "BTC-USD", "EURUSD=X", "GC=F"])
def test_a_minute_shows_several_prices_around_the_clock(symbol: str, now: datetime) -> None:
    shown = {get_price(symbol, now + TICK * tick) for tick in range(13)}
    assert len(shown) >= 3


@pytest.mark.parametrize("symbol", ["AAPL", "SPY", "^GSPC"])
def test_a_minute_of_a_session_shows_several_prices(symbol: str) -> None:
    now = datetime(2026, 6, 17, 15, 0, tzinfo=UTC)
    assert len({get_price(symbol, now + TICK * tick) for tick in range(13)}) >= 3


@pytest.mark.parametrize("symbol", ["NVDA", "SPY", "^GSPC"])
@pytest.mark.parametrize(
    ("closed_at", "opens_at"),
    [
        # Over a weekend, over Thanksgiving, after an early close, over a night.
        (datetime(2026, 6, 12, 20, 0, tzinfo=UTC), datetime(2026, 6, 15, 13, 30, tzinfo=UTC)),
        (datetime(2026, 11, 25, 21, 0, tzinfo=UTC), datetime(2026, 11, 27, 14, 30, tzinfo=UTC)),
        (datetime(2026, 11, 27, 18, 0, tzinfo=UTC), datetime(2026, 11, 30, 14, 30, tzinfo=UTC)),
        (datetime(2026, 6, 16, 20, 0, tzinfo=UTC), datetime(2026, 6, 17, 13, 30, tzinfo=UTC)),
    ],
)
def test_what_an_exchange_lists_rests_when_it_is_closed(
    symbol: str, closed_at: datetime, opens_at: datetime
) -> None:
    rest = opens_at - closed_at
    quotes = [get_quote(symbol, closed_at + rest * part / 20) for part in range(20)]
    at_rest = {
        (q.price, q.change, q.percent_change, q.open, q.high, q.low, q.volume) for q in quotes
    }
    assert len(at_rest) == 1
    before = get_quote(symbol, closed_at - TICK)
    assert before.price == pytest.approx(quotes[0].price, rel=0.01)
    opened = get_quote(symbol, opens_at)
    assert opened.open == opened.price
    assert opened.price is not None
    assert opened.change == pytest.approx(opened.price - (quotes[0].price or 0), abs=0.006)


def test_ticks_are_a_few_basis_points() -> None:
    at = get_day_start(20_600)
    for stock in STOCKS:
        path = [math.log(prices.get_price(stock, at + 5 * tick)) for tick in range(100)]
        moves = [abs(after - before) for before, after in zip(path, path[1:], strict=False)]
        assert 0.2e-4 < fmean(moves) < 10e-4, stock.symbol


def test_days_move_by_realistic_percentages() -> None:
    moves = sorted(_get_day_moves(Kind.STOCK))
    assert 0.4 < median(moves) < 1.5
    assert moves[int(len(moves) * 0.98)] < 5
    assert 3 < moves[-1] < 15


def test_crypto_moves_more_than_stocks_and_currencies_less() -> None:
    kinds = (Kind.CURRENCY, Kind.STOCK, Kind.CRYPTO)
    currency, stock, crypto = (median(_get_day_moves(kind)) for kind in kinds)
    assert currency < stock < crypto


def _get_day_moves(kind: Kind) -> list[float]:
    """Percent changes at noon, without signs, of every instrument of a kind on 20 days."""
    noons = [get_day_start(day) + NOON_SECONDS for day in range(20_600, 20_800, 10)]
    quotes = [
        get_quote(symbol, datetime.fromtimestamp(noon, UTC))
        for symbol, instrument in LISTED.items()
        if instrument.kind is kind
        for noon in noons
    ]
    return [abs(quote.percent_change or 0.0) for quote in quotes]


def test_stocks_and_indices_rise_and_fall_together() -> None:
    same = 0
    days = range(20_600, 20_700)
    for day in days:
        now = datetime.fromtimestamp(get_day_start(day) + NOON_SECONDS, UTC)
        index, fund = (get_quote(symbol, now).percent_change or 0.0 for symbol in ("^GSPC", "SPY"))
        same += (index > 0) == (fund > 0)
    assert same > len(days) * 0.8
