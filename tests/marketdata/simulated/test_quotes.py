from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings

from marketdata.providers.simulated.trading import Instant
from marketdata.providers.simulated.universe import get_instrument
from tests.marketdata.simulated.strategies import MONDAY_NOON, get_quote, moments, symbols

PRE_MARKET = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
AFTER_HOURS = datetime(2026, 6, 15, 21, 0, tzinfo=UTC)
CLOSED = datetime(2026, 6, 20, 16, 0, tzinfo=UTC)


@settings(deadline=None)
@given(symbols, moments)
def test_a_quote_agrees_with_itself(symbol: str, now: datetime) -> None:
    quote = get_quote(symbol, now)
    assert quote.symbol == symbol
    assert quote.price_hint is not None
    assert quote.price is not None
    assert quote.open is not None
    assert quote.high is not None
    assert quote.low is not None
    assert quote.year_high is not None
    assert quote.year_low is not None
    assert quote.change is not None
    assert 0 < quote.year_low <= quote.low <= min(quote.open, quote.price)
    assert max(quote.open, quote.price) <= quote.high <= quote.year_high
    previous_close = quote.price - quote.change
    assert quote.percent_change == pytest.approx(quote.change / previous_close * 100)
    assert round(quote.price, quote.price_hint) == quote.price


@settings(deadline=None)
@given(symbols, moments)
def test_volume_and_range_only_grow_through_the_day(symbol: str, now: datetime) -> None:
    instrument = get_instrument(symbol)
    assert instrument
    today = Instant.of(now).trading_of(instrument).today
    length = today.closes_at - today.opened_at
    times = [today.opened_at + length * part / 50 for part in range(50)]
    quotes = [get_quote(symbol, datetime.fromtimestamp(at, UTC)) for at in times]
    for values in (
        [quote.volume or 0 for quote in quotes],
        [quote.high or 0.0 for quote in quotes],
        [-(quote.low or 0.0) for quote in quotes],
    ):
        assert values == sorted(values)
    assert len({quote.open for quote in quotes}) == 1


def test_a_day_trades_about_the_average_volume() -> None:
    quote = get_quote("AAPL", MONDAY_NOON + timedelta(hours=12))
    assert quote.volume
    assert quote.average_volume
    assert 0.5 < quote.volume / quote.average_volume < 1.5


def test_the_change_counts_from_the_price_at_the_last_close() -> None:
    quote = get_quote("AAPL", MONDAY_NOON)
    at_close = get_quote("AAPL", datetime(2026, 6, 12, 20, 0, tzinfo=UTC))
    assert quote.price is not None
    assert quote.change is not None
    assert quote.price - quote.change == pytest.approx(at_close.price)


def test_only_what_has_shares_has_a_market_capitalisation() -> None:
    assert get_quote("AAPL", MONDAY_NOON).market_cap
    assert get_quote("BTC-USD", MONDAY_NOON).market_cap
    assert get_quote("EURUSD=X", MONDAY_NOON).market_cap is None
    assert get_quote("^GSPC", MONDAY_NOON).market_cap is None


def test_a_company_at_a_loss_has_no_price_earnings_ratio() -> None:
    quote = get_quote("BA", MONDAY_NOON)
    assert quote.eps is not None
    assert quote.eps < 0
    assert quote.pe is None
    assert get_quote("AAPL", MONDAY_NOON).pe


@pytest.mark.parametrize("symbol", ["AAPL", "SPY", "SIM0001"])
def test_out_of_hours_prices_are_given_in_their_session_only(symbol: str) -> None:
    before = get_quote(symbol, PRE_MARKET)
    after = get_quote(symbol, AFTER_HOURS)
    assert before.pre_market_price == pytest.approx(before.price, rel=0.01)
    assert before.after_hours_price is None
    assert after.after_hours_price == pytest.approx(after.price, rel=0.01)
    assert after.pre_market_price is None
    for now in (MONDAY_NOON, CLOSED):
        quote = get_quote(symbol, now)
        assert quote.pre_market_price is None
        assert quote.after_hours_price is None


@pytest.mark.parametrize("symbol", ["^GSPC", "BTC-USD", "EURUSD=X", "GC=F"])
@pytest.mark.parametrize("now", [PRE_MARKET, AFTER_HOURS])
def test_only_stocks_and_funds_trade_out_of_hours(symbol: str, now: datetime) -> None:
    quote = get_quote(symbol, now)
    assert quote.pre_market_price is None
    assert quote.after_hours_price is None


def test_a_holiday_has_no_session() -> None:
    christmas = datetime(2026, 12, 25, 13, 0, tzinfo=UTC)
    assert get_quote("AAPL", christmas).pre_market_price is None
