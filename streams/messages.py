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
from marketdata.hours import MarketHours
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


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of everything that is sent."""


class SimpleQuoteMessage(Message, frozen=True, kw_only=True):
    symbol: str
    name: str
    price: str | None
    change: str | None
    percent_change: str | None
    pre_market_price: str | UnsetType = UNSET
    after_hours_price: str | UnsetType = UNSET
    logo: str | UnsetType = UNSET


class ReturnsMessage(Message, frozen=True, kw_only=True):
    five_days_return: str | None
    one_month_return: str | None
    three_month_return: str | None
    six_month_return: str | None
    ytd_return: str | None
    year_return: str | None
    three_year_return: str | None
    five_year_return: str | None
    ten_year_return: str | None
    max_return: str | None


class QuoteMessage(ReturnsMessage, frozen=True, kw_only=True):
    symbol: str
    name: str
    price: str | None
    pre_market_price: str | None
    after_hours_price: str | None
    change: str | None
    percent_change: str | None
    open: str | None
    high: str | None
    low: str | None
    year_high: str | None
    year_low: str | None
    volume: int | None
    avg_volume: int | None
    market_cap: str | None
    beta: str | None
    pe: str | None
    eps: str | None
    dividend: str | None
    dividend_yield: str | None = msgspec.field(name="yield")
    ex_dividend: str | None
    net_assets: str | None
    nav: str | None
    expense_ratio: str | None
    category: str | None
    last_capital_gain: str | None
    morningstar_rating: str | None
    morningstar_risk_rating: str | None
    holdings_turnover: str | None
    earnings_date: str | None
    last_dividend: str | None
    inception_date: str | None
    sector: str | None
    industry: str | None
    about: str | None
    employees: str | None
    logo: str | None


class MoverMessage(Message, frozen=True, kw_only=True):
    symbol: str
    name: str
    price: str | None
    change: str | None
    percent_change: str | None
    volume: int | None


class IndexMessage(ReturnsMessage, frozen=True, kw_only=True):
    symbol: str
    name: str
    value: float | None
    change: str | None
    percent_change: str | None


class SectorMessage(Message, frozen=True, kw_only=True):
    sector: str
    day_return: str | None
    ytd_return: str | None
    year_return: str | None
    three_year_return: str | None
    five_year_return: str | None


class NewsMessage(Message, frozen=True, kw_only=True):
    title: str
    link: str
    source: str
    img: str
    time: str
    published_at: datetime | None


class ProfileMessage(Message, frozen=True, kw_only=True):
    quote: QuoteMessage | None
    similar: tuple[SimpleQuoteMessage | msgspec.Raw, ...]
    sector_performance: SectorMessage | None
    news: tuple[NewsMessage, ...]


class MarketMessage(Message, frozen=True, kw_only=True):
    actives: tuple[MoverMessage, ...]
    gainers: tuple[MoverMessage, ...]
    losers: tuple[MoverMessage, ...]
    indices: tuple[IndexMessage, ...]
    headlines: tuple[NewsMessage, ...]
    sectors: tuple[SectorMessage, ...]


class HoursMessage(Message, frozen=True, kw_only=True):
    status: str
    reason: str
    timestamp: datetime
    session: str
    next_open: datetime
    next_close: datetime


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
