"""From domain structs to the messages that clients receive: what is written in which way."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET

from marketdata.domain.movers import Mover
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, Returns, SimpleQuote
from marketdata.domain.sectors import Sector
from marketdata.hours import MarketHours
from streams.formatting import (
    ago_text,
    change_text,
    count_text,
    date_text,
    decimal_text,
    percent_text,
    price_text,
    rate_text,
    risk_text,
    short_number_text,
    stars_text,
)
from streams.messages import (
    HoursMessage,
    IndexMessage,
    MoverMessage,
    NewsMessage,
    QuoteMessage,
    SectorMessage,
    SimpleQuoteMessage,
)


def simple_quote_message(quote: SimpleQuote) -> SimpleQuoteMessage:
    hint = quote.price_hint
    return SimpleQuoteMessage(
        symbol=quote.symbol,
        name=quote.name,
        price=price_text(quote.price, hint),
        change=change_text(quote.change, quote.price, hint),
        percent_change=percent_text(quote.percent_change),
        pre_market_price=price_text(quote.pre_market_price, hint) or UNSET,
        after_hours_price=price_text(quote.after_hours_price, hint) or UNSET,
        logo=quote.logo or UNSET,
    )


def quote_message(quote: SimpleQuote, detail: QuoteDetail) -> QuoteMessage:
    """A profile's quote: the fast facts of this tick and the slow ones."""
    hint = quote.price_hint
    return QuoteMessage(
        symbol=quote.symbol,
        name=quote.name,
        price=price_text(quote.price, hint),
        pre_market_price=price_text(quote.pre_market_price, hint),
        after_hours_price=price_text(quote.after_hours_price, hint),
        change=change_text(quote.change, quote.price, hint),
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
        eps=price_text(quote.eps),
        dividend=price_text(detail.dividend),
        dividend_yield=rate_text(detail.dividend_yield),
        ex_dividend=date_text(detail.ex_dividend_on),
        net_assets=short_number_text(detail.net_assets),
        nav=price_text(detail.nav),
        expense_ratio=rate_text(detail.expense_ratio),
        category=detail.category,
        last_capital_gain=price_text(detail.last_capital_gain),
        morningstar_rating=stars_text(detail.morningstar_rating),
        morningstar_risk_rating=risk_text(detail.morningstar_risk_rating),
        holdings_turnover=rate_text(detail.holdings_turnover),
        earnings_date=date_text(detail.earnings_on),
        last_dividend=price_text(detail.last_dividend),
        inception_date=date_text(detail.inception_on),
        sector=detail.sector,
        industry=detail.industry,
        about=detail.about,
        employees=count_text(detail.employees),
        logo=quote.logo or detail.logo,
        currency=quote.currency,
        **_returns(detail.returns),
    )


def mover_message(mover: Mover) -> MoverMessage:
    hint = mover.price_hint
    return MoverMessage(
        symbol=mover.symbol,
        name=mover.name,
        price=price_text(mover.price, hint),
        change=change_text(mover.change, mover.price, hint),
        percent_change=percent_text(mover.percent_change),
        volume=mover.volume,
    )


def index_message(name: str, quote: SimpleQuote, returns: Returns) -> IndexMessage:
    return IndexMessage(
        symbol=quote.symbol,
        name=name,
        value=None if quote.price is None else round(quote.price, 2),
        change=change_text(quote.change, quote.price, quote.price_hint),
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


def _returns(returns: Returns) -> dict[str, str | None]:
    return {
        f"{name}_return": percent_text(getattr(returns, name)) for name in Returns.__struct_fields__
    }
