"""A quote: what an instrument trades at now (fast), and what is known of it (slow)."""

from __future__ import annotations

from datetime import date

import msgspec


class SimpleQuote(msgspec.Struct, frozen=True, kw_only=True):
    """The fast facts of one symbol, fetched for all symbols of a tick in batches."""

    symbol: str
    name: str
    price: float | None = None
    change: float | None = None
    percent_change: float | None = None
    # Given only while they are the current session's.
    pre_market_price: float | None = None
    after_hours_price: float | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    year_high: float | None = None
    year_low: float | None = None
    volume: int | None = None
    average_volume: int | None = None
    market_cap: float | None = None
    pe: float | None = None
    eps: float | None = None
    currency: str | None = None
    # How many decimals the source shows for this instrument's prices.
    price_hint: int | None = None
    logo: str | None = None


class Returns(msgspec.Struct, frozen=True, kw_only=True):
    """Performance in percent over ten spans that end now."""

    five_days: float | None = None
    one_month: float | None = None
    three_month: float | None = None
    six_month: float | None = None
    ytd: float | None = None
    year: float | None = None
    three_year: float | None = None
    five_year: float | None = None
    ten_year: float | None = None
    max: float | None = None


class QuoteDetail(msgspec.Struct, frozen=True, kw_only=True):
    """The slow facts of one symbol, fetched one symbol at a time and worth caching."""

    symbol: str
    beta: float | None = None
    dividend: float | None = None  # a year, in the instrument's currency
    dividend_yield: float | None = None  # percent
    ex_dividend_on: date | None = None
    net_assets: float | None = None
    nav: float | None = None
    expense_ratio: float | None = None  # percent
    category: str | None = None
    last_capital_gain: float | None = None
    morningstar_rating: int | None = None  # stars, 1 to 5
    morningstar_risk_rating: int | None = None  # 1 (low) to 5
    holdings_turnover: float | None = None  # percent
    earnings_on: date | None = None
    last_dividend: float | None = None
    inception_on: date | None = None
    sector: str | None = None
    industry: str | None = None
    about: str | None = None
    employees: int | None = None
    returns: Returns = Returns()
    logo: str | None = None
