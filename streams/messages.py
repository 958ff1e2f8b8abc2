"""The messages that clients receive: their shapes on the wire, made from domain structs.

Keys are camelCase; values are texts unless protocol.md says otherwise. Fields of type
`UnsetType` are left out when absent, fields of type `None` are sent as null.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from marketdata.domain.movers import Mover
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, Returns, SimpleQuote
from marketdata.domain.sectors import Sector
from marketdata.hours import MarketHours, Session, Status
from streams.formatting import (
    ago_text,
    count_text,
    date_text,
    decimal_text,
    percent_text,
    price_text,
    rate_text,
    risk_text,
    short_number_text,
    signed_text,
    stars_text,
)
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
    eps: Figure | None
    dividend: Figure | None
    dividend_yield: Rate | None = msgspec.field(name="yield")
    ex_dividend: Day | None
    net_assets: ShortNumber | None
    nav: Price | None
    expense_ratio: Rate | None
    category: str | None
    last_capital_gain: Figure | None
    morningstar_rating: Stars | None
    morningstar_risk_rating: Risk | None
    holdings_turnover: Rate | None
    earnings_date: Day | None
    last_dividend: Figure | None
    inception_date: Day | None
    sector: str | None
    industry: str | None
    about: str | None
    employees: WholeNumber | None
    logo: str | None


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

    quote: QuoteMessage | None
    similar: tuple[SimpleQuoteMessage | msgspec.Raw, ...]
    sector_performance: SectorMessage | None
    news: tuple[NewsMessage, ...]


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


def simple_quote_message(quote: SimpleQuote) -> SimpleQuoteMessage:
    hint = _price_hint(quote)
    return SimpleQuoteMessage(
        symbol=quote.symbol,
        name=quote.name,
        price=price_text(quote.price, hint),
        change=signed_text(quote.change, hint),
        percent_change=percent_text(quote.percent_change),
        pre_market_price=price_text(quote.pre_market_price, hint) or UNSET,
        after_hours_price=price_text(quote.after_hours_price, hint) or UNSET,
        logo=quote.logo or UNSET,
    )


def quote_message(quote: SimpleQuote, detail: QuoteDetail) -> QuoteMessage:
    """A profile's quote: the fast facts of this tick and the slow ones."""
    hint = _price_hint(quote)
    return QuoteMessage(
        symbol=quote.symbol,
        name=quote.name,
        price=price_text(quote.price, hint),
        pre_market_price=price_text(quote.pre_market_price, hint),
        after_hours_price=price_text(quote.after_hours_price, hint),
        change=signed_text(quote.change, hint),
        percent_change=percent_text(quote.percent_change),
        open=price_text(quote.open, hint),
        high=price_text(quote.high, hint),
        low=price_text(quote.low, hint),
        year_high=price_text(quote.year_high, hint),
        year_low=price_text(quote.year_low, hint),
        volume=quote.volume,
        avg_volume=quote.average_volume,
        market_cap=short_number_text(quote.market_cap),
        beta=decimal_text(detail.beta),
        pe=decimal_text(quote.pe),
        eps=decimal_text(quote.eps),
        dividend=decimal_text(detail.dividend),
        dividend_yield=rate_text(detail.dividend_yield),
        ex_dividend=date_text(detail.ex_dividend_on),
        net_assets=short_number_text(detail.net_assets),
        nav=price_text(detail.nav),
        expense_ratio=rate_text(detail.expense_ratio),
        category=detail.category,
        last_capital_gain=decimal_text(detail.last_capital_gain),
        morningstar_rating=stars_text(detail.morningstar_rating),
        morningstar_risk_rating=risk_text(detail.morningstar_risk_rating),
        holdings_turnover=rate_text(detail.holdings_turnover),
        earnings_date=date_text(detail.earnings_on),
        last_dividend=decimal_text(detail.last_dividend),
        inception_date=date_text(detail.inception_on),
        sector=detail.sector,
        industry=detail.industry,
        about=detail.about,
        employees=count_text(detail.employees),
        logo=quote.logo or detail.logo,
        **_returns(detail.returns),
    )


def mover_message(mover: Mover) -> MoverMessage:
    hint = _price_hint(mover)
    return MoverMessage(
        symbol=mover.symbol,
        name=mover.name,
        price=price_text(mover.price, hint),
        change=signed_text(mover.change, hint),
        percent_change=percent_text(mover.percent_change),
        volume=mover.volume,
    )


def index_message(name: str, quote: SimpleQuote, returns: Returns) -> IndexMessage:
    return IndexMessage(
        symbol=quote.symbol,
        name=name,
        value=None if quote.price is None else round(quote.price, 2),
        change=signed_text(quote.change, _price_hint(quote)),
        percent_change=percent_text(quote.percent_change),
        **_returns(returns),
    )


def sector_message(sector: Sector) -> SectorMessage:
    return SectorMessage(
        sector=sector.name,
        day_return=percent_text(sector.day_return),
        ytd_return=percent_text(sector.ytd_return),
        year_return=percent_text(sector.year_return),
        three_year_return=percent_text(sector.three_year_return),
        five_year_return=percent_text(sector.five_year_return),
    )


def news_message(news: News, now: datetime) -> NewsMessage:
    return NewsMessage(
        title=news.title,
        link=news.link,
        source=news.source,
        img=news.image or "",
        time=ago_text(news.published_at, now) or "",
        published_at=news.published_at,
    )


def hours_message(hours: MarketHours) -> HoursMessage:
    return HoursMessage(
        status=hours.status,
        reason=hours.reason,
        timestamp=hours.at,
        session=hours.session,
        next_open=hours.next_open_at,
        next_close=hours.next_close_at,
    )


def _price_hint(quoted: SimpleQuote | Mover) -> int | None:
    """The decimals of its prices; a small change must not show more of them than its price."""
    if quoted.price_hint is None and quoted.price is not None and abs(quoted.price) >= 1:
        return 2
    return quoted.price_hint


def _returns(returns: Returns) -> dict[str, str | None]:
    return {
        f"{name}_return": percent_text(getattr(returns, name)) for name in Returns.__struct_fields__
    }
