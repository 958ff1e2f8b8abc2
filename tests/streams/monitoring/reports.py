"""Reports for tests, complete enough to be shown."""

from __future__ import annotations

from typing import Any

import msgspec

from marketdata.health import BreakerHealth, TurnsHealth, UpstreamHealth
from streams.counts import Counts
from streams.monitoring.report import (
    CanaryReport,
    LayerReport,
    Report,
    ServerReport,
    StreamReport,
    report_counts,
)

UPSTREAM = UpstreamHealth(
    breakers={"all": BreakerHealth(state="closed"), "quotes": BreakerHealth(state="open")},
    budget_level=7.5,
    budget_per_second=2.0,
    budget_burst=20,
    crumb_age_seconds=60.0,
    turns=TurnsHealth(
        at=0.0, symbols=10, asked=4, waiting=1, mean_age_seconds=3.0, oldest_age_seconds=9.0
    ),
    calls={"quotes": {"ok": 5, "RateLimited": 1}},
)


def make_counts() -> Counts:
    """Of a process that has done a little of everything."""
    counts = Counts(["quotes", "hours"])
    counts.opened("quotes")
    counts.opened("hours")
    counts.ended("hours", 1006)
    counts.sent["quotes"].messages, counts.sent["quotes"].bytes = 3, 300
    counts.sent["quotes"].replaced = 2
    counts.refused["missing_key"] += 1
    counts.ticks["celery"].observe(0.3)
    counts.lateness.observe(0.002)
    counts.takeovers["cluster"] += 1
    counts.fetches["quotes", "ok"] += 4
    return counts


def make_report(process: str = "host:1", **fields: Any) -> Report:
    report = Report(
        process=process,
        kind="web",
        made_at=1_000.0,
        uptime_seconds=3_700.0,
        tick_seconds=5.0,
        provider="yahoo",
        counts=report_counts(make_counts(), {"full": 1}),
        memory_bytes=100_000_000,
        cpu_seconds=1.5,
        canary=CanaryReport(1.0, is_ready=True),
        server=ServerReport(2, 10_000, 1, is_draining=False),
        layer=LayerReport(is_shared=True, is_connected=True, dropped=0, unpublished=6, refused=2),
        upstream=UPSTREAM,
        refreshed_by="the Celery worker",
        oldest_ages={"quotes": 1.25},
        subscriptions=1,
        streams=(StreamReport("g1", "quotes", "AAPL MSFT", 2, 1.25, "celery", 300),),
        keys={"key.1": 2},
        blind_seconds=0.0,
    )
    return msgspec.structs.replace(report, **fields)
