"""Details, returns and sectors out of Yahoo's JSON: units, styles, missing modules."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from marketdata.domain.quote import QuoteDetail, Returns
from marketdata.domain.sectors import Sector
from marketdata.errors import MalformedAnswer, NotFound
from marketdata.providers.yahoo.parse.details import parse_detail, parse_returns
from marketdata.providers.yahoo.parse.sectors import parse_sector
from tests.marketdata.yahoo.answers import FUND, RETURNS, SECTOR, STOCK, modules, sector

EXPECTED_RETURNS = Returns(
    five_days=-1.25,
    one_month=2.25,
    ytd=5.0,
    year=25.0,
    three_year=50.0,
    five_year=100.0,
    max=2250.0,
)


def test_a_stock_is_read_in_plain_style() -> None:
    assert parse_detail(STOCK, "ACME") == QuoteDetail(
        symbol="ACME",
        beta=1.2,
        dividend=1.04,
        dividend_yield=0.41,
        ex_dividend_on=date(2025, 2, 10),
        earnings_on=date(2025, 4, 30),
        last_dividend=0.26,
        sector="Technology",
        industry="Anvils",
        about="Acme makes anvils.",
        employees=1500,
        returns=EXPECTED_RETURNS,
    )


def test_a_fund_is_read_in_formatted_style() -> None:
    assert parse_detail(FUND, "FUND") == QuoteDetail(
        symbol="FUND",
        beta=1.16,
        dividend=1.77,
        dividend_yield=0.54,
        net_assets=3e9,
        nav=526.07,
        expense_ratio=0.2,
        category="Large Growth",
        last_capital_gain=0.5,
        morningstar_rating=4,
        holdings_turnover=8.07,
        inception_on=date(1999, 3, 10),
    )


def test_missing_and_wrong_modules_leave_fields_unknown() -> None:
    detail = parse_detail(modules(assetProfile=None, summaryDetail=[], price="x"), "ACME")
    assert detail == QuoteDetail(symbol="ACME")


@pytest.mark.parametrize("value", [1e18, -1e18, "soon", [], [None], [{}], {"raw": None}, True])
def test_impossible_dates_are_unknown(value: Any) -> None:
    payload = modules(
        calendarEvents={"earnings": {"earningsDate": value}, "exDividendDate": value},
        defaultKeyStatistics={"fundInceptionDate": value},
    )
    assert parse_detail(payload, "ACME") == QuoteDetail(symbol="ACME")


def test_returns_are_percent() -> None:
    assert parse_returns(RETURNS) == EXPECTED_RETURNS
    assert parse_returns(modules()) == Returns()


@pytest.mark.parametrize(
    "payload", [None, [], {"quoteSummary": None}, {"quoteSummary": {"result": [5]}}]
)
def test_a_wrong_envelope_is_malformed(payload: Any) -> None:
    with pytest.raises(MalformedAnswer):
        parse_detail(payload, "ACME")
    with pytest.raises(MalformedAnswer):
        parse_returns(payload)


def test_an_empty_result_is_unknown() -> None:
    with pytest.raises(NotFound):
        parse_detail({"quoteSummary": {"result": [], "error": None}}, "ACME")


def test_a_sector_is_percent() -> None:
    assert parse_sector(SECTOR, "Technology") == Sector(
        name="Technology", day_return=1.25, ytd_return=-5.0, year_return=10.0, three_year_return=110
    )
    assert parse_sector(sector(), "Technology") == Sector(name="Technology")


@pytest.mark.parametrize("payload", [None, {}, {"data": None}, {"data": {"performance": []}}])
def test_a_sector_without_performance_is_malformed(payload: Any) -> None:
    with pytest.raises(MalformedAnswer):
        parse_sector(payload, "Technology")
