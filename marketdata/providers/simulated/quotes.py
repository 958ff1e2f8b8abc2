"""Quotes of the simulated market: what an instrument's price is now, and in its day and year."""

from __future__ import annotations

import math
from datetime import datetime
from functools import lru_cache

import msgspec

from marketdata.domain.quote import SimpleQuote
from marketdata.hours import Session, get_session
from marketdata.providers.simulated.instruments import Instrument, Kind
from marketdata.providers.simulated.noise import get_fraction
from marketdata.providers.simulated.prices import (
    HOUR_SECONDS,
    STEP_SECONDS,
    STEPS_A_DAY,
    get_base,
    get_day,
    get_day_start,
    get_fast,
    get_motion,
    get_path,
    get_price,
    get_slow_before,
)

# New York closes about eight hours before the simulated day begins.
_CLOSE_BEFORE_DAY_SECONDS = 8 * HOUR_SECONDS
# An instrument trades out of hours near its price, at what the fast motion was a while ago.
_EXTENDED_LAG_SECONDS = 977.0
_YEAR_SAMPLES_DAYS = range(0, 365, 52)


class Instant(msgspec.Struct, frozen=True):
    """What is the same for all instruments at one moment."""

    at: float
    day: int
    steps: float  # into the day
    session: Session

    @classmethod
    def of(cls, now: datetime) -> Instant:
        at = now.timestamp()
        day = get_day(at)
        return cls(at, day, (at - get_day_start(day)) / STEP_SECONDS, get_session(now))


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
    facts = _get_day_facts(instrument, instant.day)
    base = get_base(get_path(instrument, instant.day), instant.steps)
    price = round_price(math.exp(base + get_fast(instrument, instant.at)), hint)
    extended = _get_extended_price(instrument, instant, base)
    day_range = _get_day_range(instrument, instant, base)
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
        volume=_get_volume(instrument, instant, facts),
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
def _get_day_facts(instrument: Instrument, day: int) -> DayFacts:
    opens_at = get_day_start(day)
    closed_at = opens_at - _CLOSE_BEFORE_DAY_SECONDS
    year = get_slow_before(instrument, day, _YEAR_SAMPLES_DAYS)
    activity = 0.6 + 0.8 * get_fraction(f"{instrument.symbol} volume {day}")
    return DayFacts(
        previous_close=round_price(get_price(instrument, closed_at), instrument.price_hint),
        open=round_price(get_price(instrument, opens_at), instrument.price_hint),
        year_high=math.exp(max(year)),
        year_low=math.exp(min(year)),
        volume=instrument.average_volume * activity,
    )


def _get_day_range(instrument: Instrument, instant: Instant, base: float) -> Range:
    """The day's range so far, as wide as the fast motion can have made it."""
    passed = get_path(instrument, instant.day)[: int(instant.steps) + 1]
    bound = get_motion(instrument).fast_bound
    return Range(math.exp(max(*passed, base) + bound), math.exp(min(*passed, base) - bound))


def _get_extended_price(instrument: Instrument, instant: Instant, base: float) -> float | None:
    in_extended_hours = instant.session in ("pre-market", "after-hours")
    if not in_extended_hours or instrument.kind not in (Kind.STOCK, Kind.FUND):
        return None
    fast = get_fast(instrument, instant.at - _EXTENDED_LAG_SECONDS)
    return round_price(math.exp(base + fast), instrument.price_hint)


def _get_volume(instrument: Instrument, instant: Instant, facts: DayFacts) -> int | None:
    """Steepest at noon in New York, but never at rest."""
    if not instrument.average_volume:
        return None
    passed = instant.steps / STEPS_A_DAY
    return round(facts.volume * passed * (0.3 + 0.7 * passed * (3 - 2 * passed)))
