"""The messages that clients receive: their shapes on the wire. rendering.py fills them.

Keys are camelCase; values are texts unless protocol.md says otherwise. Fields of type
`UnsetType` are left out when absent, fields of type `None` are sent as null.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from marketdata.hours import Session, Status
from streams.values import (
    Address,
    Ago,
    Change,
    Day,
    Figure,
    Moment,
    Percent,
    Price,
    Rate,
    Reason,
    Risk,
    ShortNumber,
    Stars,
    Symbol,
    Volume,
    WholeNumber,
)

ProfileStatus = Literal["ok", "unknown", "unavailable"]


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of everything that is sent."""


class SimpleQuoteMessage(Message, frozen=True, kw_only=True):
    """A price with its change. Prices of other sessions are there during these only."""

    symbol: Symbol
    name: str
    price: Price | None
    change: Change | None
    percent_change: Percent | None
    pre_market_price: Price | UnsetType = UNSET
    after_hours_price: Price | UnsetType = UNSET
    logo: str | UnsetType = UNSET


class ReturnsMessage(Message, frozen=True, kw_only=True):
    five_days_return: Percent | None
    one_month_return: Percent | None
    three_month_return: Percent | None
    six_month_return: Percent | None
    ytd_return: Percent | None
    year_return: Percent | None
    three_year_return: Percent | None
    five_year_return: Percent | None
    ten_year_return: Percent | None
    max_return: Percent | None


class QuoteMessage(ReturnsMessage, frozen=True, kw_only=True):
    """All facts about an instrument. Every key is there; what is unknown is null."""

    symbol: Symbol
    name: str
    price: Price | None
    pre_market_price: Price | None
    after_hours_price: Price | None
    change: Change | None
    percent_change: Percent | None
    open: Price | None
    high: Price | None
    low: Price | None
    year_high: Price | None
    year_low: Price | None
    volume: Volume | None
    avg_volume: Volume | None
    market_cap: ShortNumber | None
    beta: Figure | None
    pe: Figure | None
    eps: Price | None
    dividend: Price | None
    dividend_yield: Rate | None = msgspec.field(name="yield")
    ex_dividend: Day | None
    net_assets: ShortNumber | None
    nav: Price | None
    expense_ratio: Rate | None
    category: str | None
    last_capital_gain: Price | None
    morningstar_rating: Stars | None
    morningstar_risk_rating: Risk | None
    holdings_turnover: Rate | None
    earnings_date: Day | None
    last_dividend: Price | None
    inception_date: Day | None
    sector: str | None
    industry: str | None
    about: str | None
    employees: WholeNumber | None
    logo: str | None
    # Of its prices: "GBp" is pence, while its market capitalisation is in pounds.
    currency: str | None


class MoverMessage(Message, frozen=True, kw_only=True):
    """One of the day's most active, winning or losing stocks."""

    symbol: Symbol
    name: str
    price: Price | None
    change: Change | None
    percent_change: Percent | None
    volume: Volume | None


class IndexMessage(ReturnsMessage, frozen=True, kw_only=True):
    """A stock index, with its returns."""

    symbol: Symbol
    name: str
    value: float | None
    change: Change | None
    percent_change: Percent | None


class SectorMessage(Message, frozen=True, kw_only=True):
    """A sector's returns."""

    sector: str
    day_return: Percent | None
    ytd_return: Percent | None
    year_return: Percent | None
    three_year_return: Percent | None
    five_year_return: Percent | None


class NewsMessage(Message, frozen=True, kw_only=True):
    """A headline."""

    title: str
    link: Address
    source: str
    img: Address
    time: Ago
    published_at: Moment | None


class ProfileMessage(Message, frozen=True, kw_only=True):
    """What /profile/{symbol} sends."""

    # Raw: its large parts were encoded before, see fragments.py.
    quote: QuoteMessage | msgspec.Raw | None
    similar: tuple[SimpleQuoteMessage | msgspec.Raw, ...]
    sector_performance: SectorMessage | None
    news: tuple[NewsMessage, ...] | msgspec.Raw
    # Without a quote: the source does not know the symbol, or could not be asked.
    status: ProfileStatus


class MarketMessage(Message, frozen=True, kw_only=True):
    """What /market sends. A list whose source fails is empty."""

    actives: tuple[MoverMessage, ...]
    gainers: tuple[MoverMessage, ...]
    losers: tuple[MoverMessage, ...]
    indices: tuple[IndexMessage, ...]
    headlines: tuple[NewsMessage, ...]
    sectors: tuple[SectorMessage, ...]


class HoursMessage(Message, frozen=True, kw_only=True):
    """What /hours sends: whether the US stock market is open, and why."""

    status: Status
    reason: Reason
    timestamp: Moment
    session: Session
    next_open: Moment
    next_close: Moment
