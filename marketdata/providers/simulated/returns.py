"""Performance over the ten spans, from the same motion that prices follow."""

from __future__ import annotations

import math
from datetime import date, timedelta
from functools import lru_cache

import msgspec

from marketdata.domain.quote import Returns
from marketdata.providers.simulated.instruments import Instrument
from marketdata.providers.simulated.prices import get_slow

_FIRST_DAY = date(1970, 1, 1)
_MONTHS = {
    "one_month": 1,
    "three_month": 3,
    "six_month": 6,
    "year": 12,
    "three_year": 36,
    "five_year": 60,
    "ten_year": 120,
}


def make_returns(instrument: Instrument, price: float, day: int) -> Returns:
    """Returns up to `price`; None for a span that began before the instrument was listed."""
    return msgspec.convert(
        {
            span: round((price / start - 1) * 100, 2)
            for span, start in _get_starting_prices(instrument, day)
        },
        Returns,
    )


def get_date(day: int) -> date:
    """The calendar date of a simulated day."""
    return _FIRST_DAY + timedelta(days=day)


def get_day_of(on: date) -> int:
    """The simulated day of a calendar date."""
    return (on - _FIRST_DAY).days


@lru_cache(maxsize=16_384)
def _get_starting_prices(instrument: Instrument, day: int) -> tuple[tuple[str, float], ...]:
    """The price at the beginning of each span that ends on `day`."""
    return tuple(
        (span, math.exp(get_slow(instrument, get_day_of(on))))
        for span, on in (*_get_starts(day), ("max", instrument.listed_on))
        if instrument.listed_on <= on < get_date(day)
    )


@lru_cache(maxsize=64)
def _get_starts(day: int) -> tuple[tuple[str, date], ...]:
    today = get_date(day)
    months = ((span, _go_back(today, count)) for span, count in _MONTHS.items())
    # Five trading days are a week of the calendar.
    week = today - timedelta(days=7)
    return (("five_days", week), ("ytd", date(today.year - 1, 12, 31)), *months)


def _go_back(on: date, months: int) -> date:
    """The same day of the month so many months before; the 28th at the latest."""
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(year, month + 1, min(on.day, 28))
