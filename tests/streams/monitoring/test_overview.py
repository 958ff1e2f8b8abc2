"""What the admin page shows of reports."""

from __future__ import annotations

import pytest

from streams.monitoring.overview import build_overview, describe_seconds
from streams.monitoring.report import StreamReport
from tests.streams.monitoring.reports import make_report


def test_a_subscription_is_one_row_whatever_processes_have_listeners() -> None:
    one = make_report()
    other = make_report(
        "host:2", streams=(StreamReport("g1", "quotes", "AAPL MSFT", 5, 0.5, "takeover", 310),)
    )
    [row] = build_overview([one, other], 1_001.0).streams
    assert (row.endpoint, row.symbols, row.listeners) == ("quotes", "AAPL MSFT", 7)
    assert row.processes == [("host:1", 2), ("host:2", 5)]
    assert row.age_seconds == 1.25
    assert (row.source, row.payload_bytes) == ("takeover", 310)
    assert row.errors == []


def test_errors_are_what_its_payload_lacks_and_that_it_is_late() -> None:
    streams = (
        StreamReport("g2", "profile", "AAPL", 1, 13.0, "celery", 10),
        StreamReport("g3", "quotes", "AAPL", 1, 1.0, "celery", 10),
        StreamReport("g4", "hours", "", 1, 1.0, "celery", 10),
    )
    report = make_report(streams=streams, subscriptions=3, outages={"news": "no answer"})
    rows = {row.endpoint: row for row in build_overview([report], 1_001.0).streams}
    assert rows["profile"].errors == ["no news", "late"]
    assert rows["quotes"].errors == rows["hours"].errors == []


def test_keys_and_what_is_left_out_are_summed() -> None:
    one = make_report(keys={"key.1": 2, "admin": 1}, more_keys=3, subscriptions=10)
    other = make_report("host:2", keys={"key.1": 4})
    overview = build_overview([one, other], 1_001.0)
    assert [(row.bucket, row.connections) for row in overview.keys] == [("key.1", 6), ("admin", 1)]
    assert overview.keys[0].processes == [("host:1", 2), ("host:2", 4)]
    assert (overview.more_streams, overview.more_keys) == (9, 3)


def test_an_outage_is_named_once_with_the_processes_that_see_it() -> None:
    reports = [make_report(name, outages={"news": f"why {name}"}) for name in ("a:1", "b:1")]
    assert build_overview(reports, 1_001.0).outages == [("news", "why a:1", ["a:1", "b:1"])]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(12.4, "12 s"), (61, "1 min"), (3_700, "1 h 1 min"), (200_000, "2 d 7 h")],
)
def test_times_are_told_in_two_units(seconds: float, text: str) -> None:
    assert describe_seconds(seconds) == text
