from __future__ import annotations

import math
from datetime import date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings

from marketdata.domain.quote import QuoteDetail
from marketdata.providers.simulated import SimulatedProvider
from marketdata.providers.simulated.instruments import Kind
from marketdata.providers.simulated.prices import get_day
from marketdata.providers.simulated.returns import get_date, get_day_of, make_returns
from marketdata.providers.simulated.universe import LISTED, get_instrument
from tests.marketdata.simulated.strategies import (
    MONDAY_NOON,
    generated_symbols,
    moments,
    soon,
    symbols,
)


def get_detail(symbol: str, now: datetime = MONDAY_NOON) -> QuoteDetail:
    return SimulatedProvider().fetch_details([symbol], now, soon()).found[symbol]


def get_similar(symbol: str) -> tuple[str, ...]:
    return SimulatedProvider().fetch_similar([symbol], MONDAY_NOON, soon()).found[symbol]


@settings(deadline=None)
@given(symbols, moments)
def test_details_say_that_they_are_simulated_and_hold_finite_numbers(
    symbol: str, now: datetime
) -> None:
    detail = get_detail(symbol, now)
    assert "simulated" in (detail.about or "").lower()
    numbers = [*msgspec.structs.astuple(detail), *msgspec.structs.astuple(detail.returns)]
    assert all(math.isfinite(number) for number in numbers if isinstance(number, float))


def test_a_stock_has_the_details_of_a_stock() -> None:
    detail = get_detail("AAPL")
    assert (detail.sector, detail.industry) == ("Technology", "Consumer Electronics")
    assert detail.employees
    assert detail.beta
    assert detail.dividend
    assert detail.dividend_yield
    assert detail.net_assets is None
    assert detail.category is None


def test_a_fund_has_the_details_of_a_fund() -> None:
    detail = get_detail("SPY")
    assert detail.category == "Large Blend"
    assert detail.net_assets
    assert detail.nav
    assert detail.expense_ratio
    assert detail.holdings_turnover is not None
    assert detail.last_dividend
    assert detail.last_capital_gain is not None
    assert detail.morningstar_rating in range(1, 6)
    assert detail.morningstar_risk_rating in range(1, 6)
    assert detail.inception_on == date(1993, 1, 22)
    assert detail.sector is None
    assert detail.earnings_on is None


def test_what_pays_no_dividend_has_no_dividend_dates() -> None:
    detail = get_detail("AMZN")
    assert detail.dividend is None
    assert detail.dividend_yield is None
    assert detail.ex_dividend_on is None
    assert detail.last_dividend is None


@settings(deadline=None)
@given(generated_symbols, moments)
def test_dates_are_weekdays_within_a_quarter(symbol: str, now: datetime) -> None:
    detail = get_detail(symbol, now)
    today = get_date(get_day(now.timestamp()))
    assert detail.earnings_on
    assert today < detail.earnings_on <= today + timedelta(days=93)
    assert detail.earnings_on.weekday() < 5
    if detail.ex_dividend_on:
        assert today - timedelta(days=92) <= detail.ex_dividend_on <= today
        assert detail.ex_dividend_on.weekday() < 5


@settings(deadline=None)
@given(symbols)
def test_the_ten_returns_are_known_for_what_has_been_listed_long_enough(symbol: str) -> None:
    instrument = get_instrument(symbol)
    assert instrument
    returns = get_detail(symbol).returns
    for span, value in msgspec.structs.asdict(returns).items():
        known = span != "ten_year" or instrument.listed_on.year <= 2016
        if instrument.listed_on.year < 2020:
            assert (value is not None) == known, span


def test_returns_count_from_the_price_back_then() -> None:
    stock = LISTED["AAPL"]
    day = get_day_of(date(2026, 3, 31))
    now = make_returns(stock, 100.0, day)
    doubled = make_returns(stock, 200.0, day)
    assert now.one_month is not None
    assert doubled.one_month == pytest.approx(2 * now.one_month + 100, abs=0.02)


def test_a_span_from_before_the_listing_has_no_return() -> None:
    returns = get_detail("CEG").returns
    assert returns.three_year is not None
    assert returns.five_year is None
    assert returns.ten_year is None
    assert returns.max is not None


@settings(deadline=None)
@given(symbols)
def test_similar_instruments_exist_and_are_others(symbol: str) -> None:
    similar = get_similar(symbol)
    assert 5 <= len(similar) <= 8
    assert len(set(similar)) == len(similar)
    assert symbol not in similar
    assert all(get_instrument(other) for other in similar)


def test_similar_stocks_are_of_the_same_sector() -> None:
    for symbol in ("AAPL", "AMT", "SIM0001", "SIM5000", "SIM9999"):
        sectors = {get_detail(other).sector for other in (symbol, *get_similar(symbol))}
        assert len(sectors) == 1


def test_similar_instruments_are_of_the_same_kind() -> None:
    for symbol in ("SPY", "^GSPC", "BTC-USD", "EURUSD=X", "GC=F"):
        kinds: set[Kind] = {LISTED[other].kind for other in (symbol, *get_similar(symbol))}
        assert len(kinds) == 1
