"""When an instrument of the simulated market trades: as its exchange does, or all the time.

Every exchange keeps New York's hours; crypto, currencies, futures and generated symbols never rest.
"""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import msgspec

from marketdata.hours import Session, get_session, get_sessions_before
from marketdata.providers.simulated.instruments import Instrument
from marketdata.providers.simulated.prices import (
    DAY_SECONDS,
    HOUR_SECONDS,
    STEP_SECONDS,
    get_day,
    get_day_start,
)

# New York closes about eight hours before the simulated day begins.
_CLOSE_BEFORE_DAY_SECONDS = 8 * HOUR_SECONDS


class TradingDay(msgspec.Struct, frozen=True):
    """A day of trading, within one simulated day; and when the one before ended."""

    opened_at: float
    closes_at: float
    previous_closed_at: float


class Trading(msgspec.Struct, frozen=True):
    """Where a trading day stands: `at` is now, or the end of the day when trading rests."""

    at: float
    today: TradingDay

    @property
    def day(self) -> int:
        return get_day(self.at)

    @property
    def first_step(self) -> int:
        """The path's step at or before the open."""
        return int((self.today.opened_at - get_day_start(self.day)) / STEP_SECONDS)

    @property
    def steps(self) -> float:
        """How far into the simulated day."""
        return (self.at - get_day_start(self.day)) / STEP_SECONDS

    @property
    def passed(self) -> float:
        """How much of the trading day is over, 0 to 1."""
        today = self.today
        return (self.at - today.opened_at) / (today.closes_at - today.opened_at)


class Instant(msgspec.Struct, frozen=True):
    """What is the same for all instruments at one moment."""

    at: float
    session: Session
    exchange: Trading
    around_the_clock: Trading

    @classmethod
    def of(cls, now: datetime) -> Instant:
        at = now.timestamp()
        return cls(at, get_session(now), _at_an_exchange(now), _around_the_clock(at))

    @property
    def day(self) -> int:
        return self.around_the_clock.day

    def trading_of(self, instrument: Instrument) -> Trading:
        return self.exchange if instrument.rests else self.around_the_clock


def _at_an_exchange(now: datetime) -> Trading:
    today, before = islice(get_sessions_before(now), 2)
    opened_at, closes_at = (moment.timestamp() for moment in today)
    return Trading(
        min(now.timestamp(), closes_at), TradingDay(opened_at, closes_at, before[1].timestamp())
    )


def _around_the_clock(at: float) -> Trading:
    start = get_day_start(get_day(at))
    return Trading(at, TradingDay(start, start + DAY_SECONDS, start - _CLOSE_BEFORE_DAY_SECONDS))
