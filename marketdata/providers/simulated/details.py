"""The slow facts of simulated instruments, and which of them are alike."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from itertools import chain, islice

from marketdata.domain.quote import QuoteDetail
from marketdata.domain.sectors import SECTOR_NAMES
from marketdata.providers.simulated.instruments import Instrument, Kind
from marketdata.providers.simulated.noise import get_fraction
from marketdata.providers.simulated.quotes import make_quote
from marketdata.providers.simulated.returns import get_date, make_returns
from marketdata.providers.simulated.trading import Instant
from marketdata.providers.simulated.universe import (
    LISTED,
    get_generated_symbol,
    parse_generated_number,
)

_SIMILAR_COUNT = 6
_QUARTER_DAYS = 91
_FRIDAY = 4

_KIND_NAMES = {
    Kind.STOCK: "a company",
    Kind.FUND: "an exchange-traded fund",
    Kind.INDEX: "a stock index",
    Kind.CRYPTO: "a cryptocurrency",
    Kind.CURRENCY: "a pair of currencies",
    Kind.FUTURE: "a futures contract",
}


def make_detail(instrument: Instrument, instant: Instant) -> QuoteDetail:
    price = make_quote(instrument, instant).price or 0.0
    pays = bool(instrument.dividend)
    fund = instrument.fund
    return QuoteDetail(
        symbol=instrument.symbol,
        beta=instrument.beta,
        dividend=instrument.dividend if pays else None,
        dividend_yield=round(instrument.dividend / price * 100, 2) if pays else None,
        ex_dividend_on=_get_last_dividend_date(instrument, instant.day) if pays else None,
        net_assets=price * (instrument.shares or 0.0) if fund else None,
        nav=_get_nav(instrument, price) if fund else None,
        expense_ratio=fund.expense_ratio if fund else None,
        category=fund.category if fund else None,
        last_capital_gain=fund.capital_gain if fund else None,
        morningstar_rating=fund.rating if fund else None,
        morningstar_risk_rating=fund.risk if fund else None,
        holdings_turnover=fund.turnover if fund else None,
        earnings_on=_get_next_earnings(instrument, instant.day),
        last_dividend=round(instrument.dividend / 4, 4) if pays else None,
        inception_on=instrument.listed_on if fund else None,
        sector=instrument.sector,
        industry=instrument.industry,
        about=_describe(instrument),
        employees=instrument.employees,
        returns=make_returns(instrument, price, instant.day),
    )


@lru_cache(maxsize=16_384)
def get_similar(instrument: Instrument) -> tuple[str, ...]:
    """The symbols of the instruments most like this one, most alike first."""
    number = parse_generated_number(instrument.symbol)
    if number is not None:
        return _get_generated_similar(number)
    others = (other for other in LISTED.values() if other is not instrument)
    ranked = sorted(others, key=lambda other: _get_distance(instrument, other))
    return tuple(other.symbol for other in ranked[:_SIMILAR_COUNT])


def _get_generated_similar(number: int) -> tuple[str, ...]:
    """Neighbours of the same sector: sectors follow one another in the order of numbers."""
    step = len(SECTOR_NAMES)
    sides = chain.from_iterable((number - step * n, number + step * n) for n in range(1, 100))
    inside = (side for side in sides if get_generated_symbol(side) == f"SIM{side:04}")
    return tuple(get_generated_symbol(side) for side in islice(inside, _SIMILAR_COUNT))


def _get_distance(one: Instrument, other: Instrument) -> tuple[bool, bool, bool, bool, float]:
    """Sorts by what is most alike: kind, sector, then industry or category, then size."""
    return (
        one.kind is not other.kind,
        one.sector != other.sector,
        one.industry != other.industry,
        _get_category(one) != _get_category(other),
        _get_size_ratio(one, other),
    )


def _get_category(instrument: Instrument) -> str | None:
    return instrument.fund.category if instrument.fund else None


def _get_size_ratio(one: Instrument, other: Instrument) -> float:
    sizes = [item.base_price * (item.shares or 1.0) for item in (one, other)]
    return max(sizes) / min(sizes)


def _describe(instrument: Instrument) -> str:
    return (
        f"Simulated data: {instrument.name} ({instrument.symbol}) stands here for "
        f"{_KIND_NAMES[instrument.kind]} in a simulated market. Its prices, its news and its "
        "figures are made up and say nothing about the real market."
    )


def _get_nav(instrument: Instrument, price: float) -> float:
    """Within a tenth of a percent of the price, as arbitrage keeps it."""
    premium = (get_fraction(f"{instrument.symbol} premium") - 0.5) / 500
    return round(price * (1 + premium), 2)


def _get_last_dividend_date(instrument: Instrument, day: int) -> date:
    """A weekday, `day` at the latest: the weekend becomes the Friday before it."""
    on = _get_last_quarterly(instrument, "dividend", day)
    return on - timedelta(days=max(0, on.weekday() - _FRIDAY))


def _get_next_earnings(instrument: Instrument, day: int) -> date | None:
    """A weekday after `day`: the weekend becomes the Monday after it."""
    if instrument.kind is not Kind.STOCK:
        return None
    on = _get_last_quarterly(instrument, "earnings", day) + timedelta(days=_QUARTER_DAYS)
    return on + timedelta(days=7 - on.weekday() if on.weekday() > _FRIDAY else 0)


def _get_last_quarterly(instrument: Instrument, event: str, day: int) -> date:
    """The last date, `day` at the latest, of something that comes every 13 weeks."""
    phase = int(get_fraction(f"{instrument.symbol} {event}") * _QUARTER_DAYS)
    return get_date(day - (day + phase) % _QUARTER_DAYS)
