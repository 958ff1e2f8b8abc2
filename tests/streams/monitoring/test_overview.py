"""What the admin page shows of reports."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams.monitoring.overview import build_overview, describe_seconds
from streams.monitoring.report import StreamReport
from streams.source_state import KindState, SourceState
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
    news = KindState("down", 990.0, 1_000.0, "errors", "no answer")
    source = SourceState("degraded", 990.0, "errors", {"news": news})
    report = make_report(streams=streams, subscriptions=3, source=source)
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


def test_an_outage_is_named_once_as_whoever_saw_it_last_says() -> None:
    reports = [
        make_report(
            f"host:{seen_at}",
            source=SourceState(
                kinds={
                    "news": KindState(state, 900.0, seen_at, reason, why),  # type: ignore[arg-type]
                    "quotes": KindState("ok", 900.0, seen_at),
                }
            ),
        )
        for seen_at, state, reason, why in [
            (990.0, "down", "errors", "answered 500"),
            (995.0, "paused", "rate_limited", "too many requests"),
        ]
    ]
    [outage] = build_overview(reports, 1_001.0).outages
    assert (outage.data, outage.state, outage.cause) == ("news", "paused", "too many requests")
    assert outage.since == datetime(1970, 1, 1, 0, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(12.4, "12 s"), (61, "1 min"), (3_700, "1 h 1 min"), (200_000, "2 d 7 h")],
)
def test_times_are_told_in_two_units(seconds: float, text: str) -> None:
    assert describe_seconds(seconds) == text
