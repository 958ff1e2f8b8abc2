"""Quotes of the simulated market: what an instrument's price is now, and in its day and year."""

from __future__ import annotations

import math
from functools import lru_cache

import msgspec

from marketdata.domain.quote import SimpleQuote
from marketdata.providers.simulated.instruments import Instrument, Kind
from marketdata.providers.simulated.noise import get_fraction
from marketdata.providers.simulated.prices import (
    get_base,
    get_day,
    get_motion,
    get_path,
    get_price,
    get_slow_before,
)
from marketdata.providers.simulated.trading import Instant, Trading, TradingDay

# An instrument trades out of hours near its price, at what it was a while ago.
_EXTENDED_LAG_SECONDS = 977.0
_YEAR_SAMPLES_DAYS = range(0, 365, 52)


class DayFacts(msgspec.Struct, frozen=True):
    """What does not change during a day. Year prices are not rounded."""

    previous_close: float
    open: float
    year_high: float
    year_low: float
    volume: float


class Range(msgspec.Struct, frozen=True):
    high: float
    low: float


def make_quote(instrument: Instrument, instant: Instant) -> SimpleQuote:
    hint = instrument.price_hint
    trading = instant.trading_of(instrument)
    facts = _get_day_facts(instrument, trading.today)
    price = round_price(get_price(instrument, trading.at), hint)
    extended = _get_extended_price(instrument, instant)
    day_range = _get_day_range(instrument, trading)
    change = round(price - facts.previous_close, hint)
    return SimpleQuote(
        symbol=instrument.symbol,
        name=instrument.name,
        price=price,
        change=change,
        percent_change=change / facts.previous_close * 100,
        pre_market_price=extended if instant.session == "pre-market" else None,
        after_hours_price=extended if instant.session == "after-hours" else None,
        open=facts.open,
        high=round_price(day_range.high, hint),
        low=round_price(day_range.low, hint),
        year_high=round_price(max(facts.year_high, day_range.high), hint),
        year_low=round_price(min(facts.year_low, day_range.low), hint),
        volume=_get_volume(instrument, trading, facts),
        average_volume=instrument.average_volume or None,
        market_cap=price * instrument.shares if instrument.shares else None,
        pe=round(price / instrument.eps, 2) if instrument.eps and instrument.eps > 0 else None,
        eps=instrument.eps,
        currency=instrument.currency,
        price_hint=hint,
    )


def round_price(price: float, hint: int) -> float:
    """A price of `hint` decimals; never zero."""
    return max(round(price, hint), 10.0**-hint)


@lru_cache(maxsize=16_384)
def _get_day_facts(instrument: Instrument, today: TradingDay) -> DayFacts:
    hint, day = instrument.price_hint, get_day(today.opened_at)
    year = get_slow_before(instrument, day, _YEAR_SAMPLES_DAYS)
    activity = 0.6 + 0.8 * get_fraction(f"{instrument.symbol} volume {day}")
    return DayFacts(
        previous_close=round_price(get_price(instrument, today.previous_closed_at), hint),
        open=round_price(get_price(instrument, today.opened_at), hint),
        year_high=math.exp(max(year)),
        year_low=math.exp(min(year)),
        volume=instrument.average_volume * activity,
    )


def _get_day_range(instrument: Instrument, trading: Trading) -> Range:
    """The day's range so far, as wide as the fast motion can have made it."""
    path = get_path(instrument, trading.day)
    passed = path[trading.first_step : int(trading.steps) + 1]
    base = get_base(path, trading.steps)
    bound = get_motion(instrument).fast_bound
    return Range(math.exp(max(*passed, base) + bound), math.exp(min(*passed, base) - bound))


def _get_extended_price(instrument: Instrument, instant: Instant) -> float | None:
    in_extended_hours = instant.session in ("pre-market", "after-hours")
    if not in_extended_hours or instrument.kind not in (Kind.STOCK, Kind.FUND):
        return None
    price = get_price(instrument, instant.at - _EXTENDED_LAG_SECONDS)
    return round_price(price, instrument.price_hint)


def _get_volume(instrument: Instrument, trading: Trading, facts: DayFacts) -> int | None:
    """Steepest in the middle of the day, but never at rest while there is trading."""
    if not instrument.average_volume:
        return None
    passed = trading.passed
    return round(facts.volume * passed * (0.3 + 0.7 * passed * (3 - 2 * passed)))
