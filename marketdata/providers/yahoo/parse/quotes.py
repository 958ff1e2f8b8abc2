"""Quotes, movers and similar symbols: the endpoints whose rows are instruments.

Unit table: v7 quotes and screeners give percent in percent (-1.26 is -1.26 %), prices in the
instrument's currency (GBp is pence and stays pence), volumes in units traded.
"""

from __future__ import annotations

from typing import Any

from marketdata.domain.movers import Mover
from marketdata.domain.quote import SimpleQuote
from marketdata.errors import InvalidSymbol, MalformedAnswer
from marketdata.providers.yahoo.parse.envelopes import open_envelope, open_single
from marketdata.providers.yahoo.parse.values import (
    Table,
    count,
    decimals,
    number,
    positive,
    read,
    rows,
    text,
    url,
)
from marketdata.symbols import parse_symbol

MAX_SIMILAR = 10

_MOVER: Table = {
    "name": (text, "longName", "shortName", "displayName"),
    "price": (number, "regularMarketPrice"),
    "change": (number, "regularMarketChange"),
    "percent_change": (number, "regularMarketChangePercent"),
    "volume": (count, "regularMarketVolume"),
    "price_hint": (decimals, "priceHint"),
}
_QUOTE: Table = {
    **_MOVER,
    "pre_market_price": (positive, "preMarketPrice"),
    "after_hours_price": (positive, "postMarketPrice"),
    "open": (positive, "regularMarketOpen"),
    "high": (positive, "regularMarketDayHigh"),
    "low": (positive, "regularMarketDayLow"),
    "year_high": (positive, "fiftyTwoWeekHigh"),
    "year_low": (positive, "fiftyTwoWeekLow"),
    "average_volume": (count, "averageDailyVolume3Month", "averageDailyVolume10Day"),
    "market_cap": (positive, "marketCap"),
    "pe": (number, "trailingPE"),
    "eps": (number, "epsTrailingTwelveMonths"),
    "currency": (text, "currency"),
    "logo": (url, "companyLogoUrl", "logoUrl", "coinImageUrl"),
}
# Yahoo keeps sending the prices of sessions that are over.
_SESSION_OF_PRICE = {"pre_market_price": "PRE", "after_hours_price": "POST"}


def parse_quotes(payload: Any) -> dict[str, SimpleQuote]:
    """v7/finance/quote: quotes by canonical symbol; rows Yahoo only knows by name are left out."""
    quotes: dict[str, SimpleQuote] = {}
    result = open_envelope(payload, "quoteResponse")
    for row in rows(result):
        symbol = _symbol(row)
        if symbol is not None:
            quotes.setdefault(symbol, _quote(symbol, row))
    if result and not any(isinstance(row.get("symbol"), str) for row in rows(result)):
        raise MalformedAnswer("no row of the quotes has a symbol")
    return quotes


def _quote(symbol: str, row: dict[str, Any]) -> SimpleQuote:
    fields = read(_QUOTE, row)
    for field, session in _SESSION_OF_PRICE.items():
        if row.get("marketState") != session:
            fields[field] = None
    return SimpleQuote(symbol=symbol, **{**fields, "name": fields["name"] or symbol})


def parse_movers(payload: Any) -> tuple[Mover, ...]:
    """v1/finance/screener/predefined/saved: one list of movers, in Yahoo's order."""
    movers: dict[str, Mover] = {}
    for row in rows(open_single(payload, "finance").get("quotes")):
        symbol = _symbol(row)
        if symbol is not None:
            fields = read(_MOVER, row)
            mover = Mover(symbol=symbol, **{**fields, "name": fields["name"] or symbol})
            movers.setdefault(symbol, mover)
    return tuple(movers.values())


def parse_similar(payload: Any) -> tuple[str, ...]:
    """v6/finance/recommendationsbysymbol: symbols, most alike first; none is no error."""
    found: dict[str, None] = {}
    for row in rows(open_envelope(payload, "finance")):
        own = _symbol(row)
        symbols = (_symbol(item) for item in rows(row.get("recommendedSymbols")))
        found.update((symbol, None) for symbol in symbols if symbol and symbol != own)
    return tuple(found)[:MAX_SIMILAR]


def _symbol(row: dict[str, Any]) -> str | None:
    """The canonical symbol of a row; None for what is no symbol or delisted (type NONE)."""
    symbol = row.get("symbol")
    if not isinstance(symbol, str) or row.get("quoteType") == "NONE":
        return None
    try:
        return parse_symbol(symbol)
    except InvalidSymbol:
        return None
