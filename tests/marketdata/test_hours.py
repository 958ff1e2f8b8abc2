"""US market hours, against a calendar written by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import islice
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketdata.hours import (
    NEW_YORK,
    MarketHours,
    get_market_hours,
    get_session,
    get_sessions_before,
)
from tests.marketdata.nyse_calendar import CLOSURES, EARLY_CLOSES

ONE_MICROSECOND = timedelta(microseconds=1)

moments = st.datetimes(
    min_value=datetime(1995, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.timezones() | st.just(UTC) | st.just(timezone(timedelta(hours=-9, minutes=-30))),
)


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def hours_at(text: str) -> MarketHours:
    return get_market_hours(new_york(text))


def days_of_2024_to_2027() -> list[date]:
    first = date(2024, 1, 1)
    return [first + timedelta(days=n) for n in range((date(2028, 1, 1) - first).days)]


@pytest.mark.parametrize(("day", "name"), CLOSURES.items())
def test_a_holiday_is_closed_all_day(day: str, name: str) -> None:
    for clock in ("00:00", "09:30", "12:00", "16:00", "23:59:59"):
        hours = hours_at(f"{day}T{clock}")
        assert (hours.status, hours.reason, hours.session) == (
            "Closed",
            f"Holiday: {name}",
            "closed",
        )


@pytest.mark.parametrize(("day", "name"), EARLY_CLOSES.items())
@pytest.mark.parametrize(
    ("clock", "status", "reason", "session"),
    [
        ("03:59:59", "Closed", "Pre-market", "closed"),
        ("04:00:00", "Closed", "Pre-market", "pre-market"),
        ("09:29:59", "Closed", "Pre-market", "pre-market"),
        ("09:30:00", "Early Close", "Early Close Day: {}", "open"),
        ("12:59:59", "Early Close", "Early Close Day: {}", "open"),
        ("13:00:00", "Closed", "Early Close: {}", "after-hours"),
        ("16:00:00", "Closed", "Early Close: {}", "after-hours"),
        ("16:59:59", "Closed", "Early Close: {}", "after-hours"),
        ("17:00:00", "Closed", "Early Close: {}", "closed"),
        ("23:59:59", "Closed", "Early Close: {}", "closed"),
    ],
)
def test_a_half_day_closes_at_one(
    day: str, name: str, clock: str, status: str, reason: str, session: str
) -> None:
    hours = hours_at(f"{day}T{clock}")
    assert (hours.status, hours.reason, hours.session) == (status, reason.format(name), session)


@pytest.mark.parametrize(
    ("clock", "status", "reason", "session"),
    [
        ("00:00:00", "Closed", "Pre-market", "closed"),
        ("03:59:59", "Closed", "Pre-market", "closed"),
        ("04:00:00", "Closed", "Pre-market", "pre-market"),
        ("09:29:59", "Closed", "Pre-market", "pre-market"),
        ("09:29:59.999999", "Closed", "Pre-market", "pre-market"),
        ("09:30:00", "Open", "Regular trading hours", "open"),
        ("15:59:59", "Open", "Regular trading hours", "open"),
        ("15:59:59.999999", "Open", "Regular trading hours", "open"),
        ("16:00:00", "Closed", "After-hours", "after-hours"),
        ("19:59:59", "Closed", "After-hours", "after-hours"),
        ("20:00:00", "Closed", "After-hours", "closed"),
        ("23:59:59", "Closed", "After-hours", "closed"),
    ],
)
@pytest.mark.parametrize("day", ["2024-03-22", "2025-12-26", "2026-07-02", "2027-12-31"])
def test_a_trading_day_changes_at_the_second(
    day: str, clock: str, status: str, reason: str, session: str
) -> None:
    hours = hours_at(f"{day}T{clock}")
    assert (hours.status, hours.reason, hours.session) == (status, reason, session)


@pytest.mark.parametrize("day", ["2025-03-08", "2025-03-09", "2026-07-04", "2027-12-25"])
@pytest.mark.parametrize("clock", ["00:00", "10:00", "23:59:59"])
def test_a_weekend_is_a_weekend_even_on_a_holiday(day: str, clock: str) -> None:
    hours = hours_at(f"{day}T{clock}")
    assert (hours.status, hours.reason, hours.session) == ("Closed", "Weekend", "closed")


def test_noon_of_every_day_agrees_with_the_calendar_written_by_hand() -> None:
    for day in days_of_2024_to_2027():
        status = "Open"
        if day.weekday() >= 5 or day.isoformat() in CLOSURES:
            status = "Closed"
        elif day.isoformat() in EARLY_CLOSES:
            status = "Early Close"
        assert hours_at(f"{day}T12:00").status == status, day


def test_next_open_and_close_of_every_day_agree_with_the_calendar_written_by_hand() -> None:
    trading_days = [
        day
        for day in days_of_2024_to_2027()
        if day.weekday() < 5 and day.isoformat() not in CLOSURES
    ]
    for before, after in zip(trading_days, trading_days[1:], strict=False):
        hours = hours_at(f"{before}T20:00")
        close = time(13) if after.isoformat() in EARLY_CLOSES else time(16)
        assert hours.next_open_at == datetime.combine(after, time(9, 30), tzinfo=NEW_YORK), before
        assert hours.next_close_at == datetime.combine(after, close, tzinfo=NEW_YORK), before


@pytest.mark.parametrize(
    ("now", "next_open", "next_close"),
    [
        # within a day, at its boundaries
        ("2025-03-12T03:00", "2025-03-12T09:30", "2025-03-12T16:00"),
        ("2025-03-12T09:29:59", "2025-03-12T09:30", "2025-03-12T16:00"),
        ("2025-03-12T09:30", "2025-03-13T09:30", "2025-03-12T16:00"),
        ("2025-03-12T15:59:59", "2025-03-13T09:30", "2025-03-12T16:00"),
        ("2025-03-12T16:00", "2025-03-13T09:30", "2025-03-13T16:00"),
        # a weekend
        ("2025-03-14T16:00", "2025-03-17T09:30", "2025-03-17T16:00"),
        # a weekend and a Monday, a Thursday alone, a Friday before a weekend
        ("2024-08-30T16:00", "2024-09-03T09:30", "2024-09-03T16:00"),
        ("2025-01-08T16:00", "2025-01-10T09:30", "2025-01-10T16:00"),
        ("2026-07-02T16:00", "2026-07-06T09:30", "2026-07-06T16:00"),
        # into, within and out of a half day
        ("2025-11-26T18:00", "2025-11-28T09:30", "2025-11-28T13:00"),
        ("2025-11-28T12:59:59", "2025-12-01T09:30", "2025-11-28T13:00"),
        ("2025-11-28T13:00", "2025-12-01T09:30", "2025-12-01T16:00"),
        # the end of a year
        ("2024-12-31T16:00", "2025-01-02T09:30", "2025-01-02T16:00"),
        ("2026-12-31T23:59:59", "2027-01-04T09:30", "2027-01-04T16:00"),
        ("2027-12-31T16:00", "2028-01-03T09:30", "2028-01-03T16:00"),
        # closed for four trading days, and for two
        ("2001-09-10T16:00", "2001-09-17T09:30", "2001-09-17T16:00"),
        ("2012-10-26T16:00", "2012-10-31T09:30", "2012-10-31T16:00"),
    ],
)
def test_next_open_and_close(now: str, next_open: str, next_close: str) -> None:
    hours = hours_at(now)
    assert hours.next_open_at == new_york(next_open)
    assert hours.next_close_at == new_york(next_close)


@pytest.mark.parametrize(
    ("day", "open_in_utc", "close_in_utc"),
    [
        ("2025-03-07", "14:30", "21:00"),  # the Friday before the clocks go forward
        ("2025-03-10", "13:30", "20:00"),
        ("2025-10-31", "13:30", "20:00"),  # the Friday before they go back
        ("2025-11-03", "14:30", "21:00"),
    ],
)
def test_daylight_saving_time_moves_the_session_in_utc(
    day: str, open_in_utc: str, close_in_utc: str
) -> None:
    open_at = datetime.fromisoformat(f"{day}T{open_in_utc}+00:00")
    close_at = datetime.fromisoformat(f"{day}T{close_in_utc}+00:00")
    assert get_session(open_at - ONE_MICROSECOND) == "pre-market"
    assert get_session(open_at) == "open"
    assert get_session(close_at - ONE_MICROSECOND) == "open"
    assert get_session(close_at) == "after-hours"
    assert get_market_hours(open_at - timedelta(hours=1)).next_open_at == open_at


@pytest.mark.parametrize(
    ("friday", "hours_until_open"),
    [("2025-03-07", 64.5), ("2025-03-14", 65.5), ("2025-10-31", 66.5)],
)
def test_a_weekend_is_as_long_as_it_really_is(friday: str, hours_until_open: float) -> None:
    hours = hours_at(f"{friday}T16:00")
    assert hours.next_open_at - hours.at == timedelta(hours=hours_until_open)


@pytest.mark.parametrize("night", ["2025-03-09T06:30", "2025-11-02T05:30", "2025-11-02T06:30"])
def test_the_night_of_the_change_is_a_weekend(night: str) -> None:
    hours = get_market_hours(datetime.fromisoformat(f"{night}+00:00"))
    assert (hours.reason, hours.session) == ("Weekend", "closed")


def test_the_day_is_new_yorks_and_not_the_callers() -> None:
    saturday_in_tokyo = datetime(2025, 3, 15, 4, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert get_market_hours(saturday_in_tokyo).status == "Open"


def test_hours_are_told_in_utc() -> None:
    hours = hours_at("2025-03-12T10:00")
    assert msgspec.to_builtins(hours) == {
        "status": "Open",
        "reason": "Regular trading hours",
        "session": "open",
        "at": "2025-03-12T14:00:00Z",
        "next_open_at": "2025-03-13T13:30:00Z",
        "next_close_at": "2025-03-12T20:00:00Z",
    }


def test_a_naive_time_is_refused() -> None:
    naive = datetime(2025, 3, 12, 10, 0)  # noqa: DTZ001 - the subject
    with pytest.raises(ValueError, match="aware"):
        get_market_hours(naive)
    with pytest.raises(ValueError, match="aware"):
        get_session(naive)


# Computing a year that is not cached yet may take longer than hypothesis expects of a test.
@settings(deadline=None)
@given(moments)
def test_at_any_time_anywhere_the_next_open_and_close_fit_the_session(now: datetime) -> None:
    hours = get_market_hours(now)
    instant = now.astimezone(UTC)
    assert hours.at == instant
    assert hours.next_open_at > instant
    assert hours.next_close_at > instant
    assert (hours.next_close_at < hours.next_open_at) == (hours.session == "open")
    assert (hours.status != "Closed") == (hours.session == "open")
    assert hours.session == get_session(now)


@settings(deadline=None)
@given(moments)
def test_the_session_is_open_from_the_next_open_to_just_before_its_close(now: datetime) -> None:
    open_at = get_market_hours(now).next_open_at
    hours = get_market_hours(open_at)
    assert get_session(open_at - ONE_MICROSECOND) == "pre-market"
    assert hours.session == "open"
    assert get_session(hours.next_close_at - ONE_MICROSECOND) == "open"
    assert get_session(hours.next_close_at) == "after-hours"


@settings(deadline=None)
@given(moments)
def test_nothing_opens_or_closes_before_the_next_open_and_close(now: datetime) -> None:
    hours = get_market_hours(now)
    first = min(hours.next_open_at, hours.next_close_at)
    just_before = get_market_hours(first - ONE_MICROSECOND)
    assert (just_before.session == "open") == (hours.session == "open")
    assert just_before.next_open_at == hours.next_open_at
    assert just_before.next_close_at == hours.next_close_at


@settings(deadline=None)
@given(moments, st.timezones())
def test_the_zone_in_which_now_is_told_changes_nothing(now: datetime, zone: ZoneInfo) -> None:
    assert get_market_hours(now.astimezone(zone)) == get_market_hours(now)


def test_the_sessions_before_a_moment_come_latest_first() -> None:
    black_friday = (_utc(2026, 11, 27, 14, 30), _utc(2026, 11, 27, 18))
    wednesday = (_utc(2026, 11, 25, 14, 30), _utc(2026, 11, 25, 21))
    for now in (black_friday[0], _utc(2026, 11, 29, 12), _utc(2026, 11, 30, 14, 29)):
        assert list(islice(get_sessions_before(now), 2)) == [black_friday, wednesday]
    assert next(get_sessions_before(_utc(2026, 11, 26, 16))) == wednesday


def _utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type,misc]
