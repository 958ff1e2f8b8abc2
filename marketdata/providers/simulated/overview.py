"""The simulated US market as a whole: the day's movers, and how the sectors do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import islice

from marketdata.domain.movers import Mover, Movers
from marketdata.domain.quote import Returns, SimpleQuote
from marketdata.domain.sectors import SECTOR_NAMES, Sector
from marketdata.providers.simulated.instruments import Instrument
from marketdata.providers.simulated.quotes import make_quote
from marketdata.providers.simulated.returns import make_returns
from marketdata.providers.simulated.trading import Instant
from marketdata.providers.simulated.universe import STOCKS

_MOVERS_COUNT = 25

Member = tuple[SimpleQuote, Returns]


def make_movers(instant: Instant) -> Movers:
    """The listed stocks by volume, by gain and by loss; strongest first."""
    quotes = [make_quote(stock, instant) for stock in STOCKS]
    rising = [quote for quote in quotes if _get_gain(quote) > 0]
    falling = [quote for quote in quotes if _get_gain(quote) < 0]
    return Movers(
        actives=_take(sorted(quotes, key=_get_volume, reverse=True)),
        gainers=_take(sorted(rising, key=_get_gain, reverse=True)),
        losers=_take(sorted(falling, key=_get_gain)),
    )


def make_sectors(instant: Instant) -> tuple[Sector, ...]:
    """Each sector's performance: that of its listed stocks, weighted by capitalisation."""
    return tuple(_make_sector(name, instant) for name in SECTOR_NAMES)


def _make_sector(name: str, instant: Instant) -> Sector:
    stocks = [stock for stock in STOCKS if stock.sector == name]
    members = [_measure(stock, instant) for stock in stocks]
    return Sector(
        name=name,
        day_return=_average((quote.market_cap, quote.percent_change) for quote, _ in members),
        ytd_return=_average_return(members, lambda returns: returns.ytd),
        year_return=_average_return(members, lambda returns: returns.year),
        three_year_return=_average_return(members, lambda returns: returns.three_year),
        five_year_return=_average_return(members, lambda returns: returns.five_year),
    )


def _measure(stock: Instrument, instant: Instant) -> Member:
    quote = make_quote(stock, instant)
    return quote, make_returns(stock, quote.price or 0.0, instant.day)


def _average_return(
    members: Iterable[Member], get_return: Callable[[Returns], float | None]
) -> float | None:
    return _average((quote.market_cap, get_return(returns)) for quote, returns in members)


def _average(weighted: Iterable[tuple[float | None, float | None]]) -> float | None:
    """The weighted mean of the known values, rounded; None when none is known."""
    known = [(weight or 0.0, value) for weight, value in weighted if value is not None]
    total = math.fsum(weight for weight, _ in known)
    if not total:
        return None
    return round(math.fsum(weight * value for weight, value in known) / total, 2)


def _take(quotes: Iterable[SimpleQuote]) -> tuple[Mover, ...]:
    return tuple(_make_mover(quote) for quote in islice(quotes, _MOVERS_COUNT))


def _make_mover(quote: SimpleQuote) -> Mover:
    return Mover(
        symbol=quote.symbol,
        name=quote.name,
        price=quote.price,
        change=quote.change,
        percent_change=quote.percent_change,
        volume=quote.volume,
        price_hint=quote.price_hint,
    )


def _get_volume(quote: SimpleQuote) -> int:
    return quote.volume or 0


def _get_gain(quote: SimpleQuote) -> float:
    return quote.percent_change or 0.0
