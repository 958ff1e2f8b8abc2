"""When the US stock market trades: status, session, next open and next close at a given time.

Holidays and early closes are those of the New York Stock Exchange. Sessions, in New York
time: pre-market 04:00-09:30, open 09:30-16:00, after-hours 16:00-20:00; on a day of early
close open until 13:00 and after-hours until 17:00. Each includes its first instant and not
its last. Source: https://www.nyse.com/trade/hours-calendars
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import holidays
import msgspec

Status = Literal["Open", "Closed", "Early Close"]
Session = Literal["open", "closed", "pre-market", "after-hours"]

NEW_YORK = ZoneInfo("America/New_York")

_PRE_MARKET = time(4, 0)
_OPEN = time(9, 30)
_CLOSE = time(16, 0)
_EARLY_CLOSE = time(13, 0)
_AFTER_HOURS_END = {_CLOSE: time(20, 0), _EARLY_CLOSE: time(17, 0)}

_SATURDAY = 5

# Finance Query v1's names of days that the calendar names differently.
_V1_NAMES = (
    ("Washington's Birthday", "Presidents Day"),
    ("Juneteenth National Independence Day", "Juneteenth"),
    ("Day before Independence Day", "July 3rd"),
    ("Day after Thanksgiving Day", "Black Friday"),
)


class MarketHours(msgspec.Struct, frozen=True, kw_only=True):
    """The market at `at`, and the next open and close of regular trading, strictly after it.

    `status` and `reason` are those of Finance Query v1, where the status `Early Close` is an
    open market on a day of early close. All datetimes are in UTC.
    """

    status: Status
    reason: str
    session: Session
    at: datetime
    next_open_at: datetime
    next_close_at: datetime


class _Calendar(msgspec.Struct, frozen=True):
    closures: Mapping[date, str]
    early_closes: Mapping[date, str]


def get_market_hours(now: datetime) -> MarketHours:
    """The market at `now`. Raises ValueError when `now` is not aware."""
    local = _in_new_york(now)
    status, reason = _status_and_reason(local)
    return MarketHours(
        status=status,
        reason=reason,
        session=_session(local),
        at=now.astimezone(UTC),
        next_open_at=next(open_at for open_at, _ in _trading_from(local) if open_at > local),
        next_close_at=next(close_at for _, close_at in _trading_from(local) if close_at > local),
    )


def get_session(now: datetime) -> Session:
    """The session at `now`. Raises ValueError when `now` is not aware."""
    return _session(_in_new_york(now))


def get_sessions_before(now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Opens and closes of regular trading that began by `now`, in UTC, the latest first.

    Raises ValueError when `now` is not aware.
    """
    local = _in_new_york(now)
    day = local.date()
    while True:
        close = _close_of(day)
        if close is not None and _at(day, _OPEN) <= local:
            yield _at(day, _OPEN), _at(day, close)
        day -= timedelta(days=1)


def _in_new_york(now: datetime) -> datetime:
    if now.utcoffset() is None:
        raise ValueError("`now` must be an aware datetime")
    return now.astimezone(NEW_YORK)


def _session(local: datetime) -> Session:
    close = _close_of(local.date())
    clock = local.time()
    if close is None or not _PRE_MARKET <= clock < _AFTER_HOURS_END[close]:
        return "closed"
    if clock < _OPEN:
        return "pre-market"
    return "open" if clock < close else "after-hours"


def _status_and_reason(local: datetime) -> tuple[Status, str]:
    # v1 knows no night: before the open it is always pre-market, after the close after-hours.
    close = _close_of(local.date())
    if close is None:
        return "Closed", _reason_of_closure(local.date())
    if local.time() < _OPEN:
        return "Closed", "Pre-market"
    is_open = local.time() < close
    early_close = _calendar(local.year).early_closes.get(local.date())
    if early_close is not None:
        if is_open:
            return "Early Close", f"Early Close Day: {early_close}"
        return "Closed", f"Early Close: {early_close}"
    return ("Open", "Regular trading hours") if is_open else ("Closed", "After-hours")


def _reason_of_closure(day: date) -> str:
    if day.weekday() >= _SATURDAY:
        return "Weekend"
    return f"Holiday: {_calendar(day.year).closures[day]}"


def _trading_from(local: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Opens and closes of regular trading in UTC, day by day from the day of `local`."""
    day = local.date()
    while True:
        close = _close_of(day)
        if close is not None:
            yield _at(day, _OPEN), _at(day, close)
        day += timedelta(days=1)


def _at(day: date, clock: time) -> datetime:
    # In UTC, because datetimes of one zone are compared and subtracted by their clocks, which
    # is an hour off across a change of daylight saving time.
    return datetime.combine(day, clock, tzinfo=NEW_YORK).astimezone(UTC)


def _close_of(day: date) -> time | None:
    """When regular trading ends on that day; None when there is none."""
    calendar = _calendar(day.year)
    if day.weekday() >= _SATURDAY or day in calendar.closures:
        return None
    return _EARLY_CLOSE if day in calendar.early_closes else _CLOSE


@lru_cache(maxsize=8)
def _calendar(year: int) -> _Calendar:
    # Plain dicts: a holidays object computes further years on every look-up outside its own.
    closures = holidays.financial_holidays("NYSE", years=year)
    early_closes = holidays.financial_holidays("NYSE", years=year, categories=("half_day",))
    return _Calendar(
        closures={day: _v1_name(name) for day, name in closures.items()},
        early_closes={day: _v1_name(name) for day, name in early_closes.items()},
    )


def _v1_name(name: str) -> str:
    name = name.partition(" (markets close")[0]
    for calendar_name, v1_name in _V1_NAMES:
        name = name.replace(calendar_name, v1_name)
    return name
