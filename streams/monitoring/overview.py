"""Reports as the tables of the admin page "Live streams". Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from marketdata.health import UpstreamHealth
from streams.monitoring.report import Report, StreamReport
from streams.source_state import KindState

SOURCES = {
    "celery": "Celery",
    "takeover": "takeover",
    "local": "local",
    "help": "snapshot",
    "": "–",
}
# What each endpoint's payload is made of, as the log names it.
DATA = {
    "quotes": ("quotes",),
    "profile": ("quotes", "details", "similar symbols", "news", "sectors"),
    "market": ("quotes", "index returns", "movers", "sectors", "headlines"),
}
LATE_TICKS = 2.5


class StreamRow(msgspec.Struct, frozen=True):
    """One subscription, in all processes that have listeners for it."""

    endpoint: str
    symbols: str
    listeners: int
    processes: list[tuple[str, int]]
    age_seconds: float  # where it is oldest
    is_late: bool
    source: str
    payload_bytes: int
    errors: list[str]


class KeyRow(msgspec.Struct, frozen=True):
    """Connections of one key, user or session."""

    bucket: str
    connections: int
    processes: list[tuple[str, int]]


class ProcessRow(msgspec.Struct, frozen=True):
    """One process."""

    report: Report
    connections: int
    messages: int
    megabytes: float
    memory_megabytes: float
    uptime: str
    reported: str


class OutageRow(msgspec.Struct, frozen=True):
    """A kind of data that cannot be had, or not as it should be."""

    data: str
    state: str
    reason: str
    cause: str
    since: datetime


class Overview(msgspec.Struct, frozen=True):
    """Everything the page shows. `outages`: by kind of data, how it is, why, and since when."""

    processes: list[ProcessRow]
    streams: list[StreamRow]
    more_streams: int
    keys: list[KeyRow]
    more_keys: int
    outages: list[OutageRow]
    upstreams: list[tuple[str, UpstreamHealth]]


def build_overview(reports: Sequence[Report], now: float) -> Overview:
    """`now` in Unix seconds, by this host's clock."""
    outages = _list_outages(reports)
    return Overview(
        processes=[_process_row(report, now) for report in reports],
        streams=_stream_rows(reports, {outage.data for outage in outages}),
        more_streams=sum(r.subscriptions - len(r.streams) for r in reports),
        keys=_key_rows(reports),
        more_keys=sum(report.more_keys for report in reports),
        outages=outages,
        upstreams=[(r.process, r.upstream) for r in reports if r.upstream],
    )


def _process_row(report: Report, now: float) -> ProcessRow:
    sent = report.counts.sent.values()
    return ProcessRow(
        report,
        sum(report.counts.connections.values()),
        sum(one.messages for one in sent),
        sum(one.bytes for one in sent) / 1e6,
        report.memory_bytes / 1e6,
        describe_seconds(report.uptime_seconds),
        describe_seconds(max(0.0, now - report.made_at)),
    )


def describe_seconds(seconds: float) -> str:
    """`12 s`, `5 min`, `7 h 3 min`, `2 d 4 h`."""
    minutes, hours, days = int(seconds / 60), int(seconds / 3600), int(seconds / 86400)
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"


def _stream_rows(reports: Sequence[Report], failing: set[str]) -> list[StreamRow]:
    found: defaultdict[str, list[tuple[Report, StreamReport]]] = defaultdict(list)
    for report in reports:
        for stream in report.streams:
            found[stream.group].append((report, stream))
    rows = [_stream_row(held, failing) for held in found.values()]
    return sorted(rows, key=lambda row: (-row.listeners, row.endpoint, row.symbols))


def _stream_row(held: Sequence[tuple[Report, StreamReport]], failing: set[str]) -> StreamRow:
    endpoint, symbols = held[0][1].endpoint, held[0][1].symbols
    age = max(stream.age_seconds for _, stream in held)
    is_late = any(s.age_seconds > LATE_TICKS * report.tick_seconds for report, s in held)
    errors = [f"no {data}" for data in DATA.get(endpoint, ()) if data in failing]
    newest = min((stream for _, stream in held), key=lambda stream: stream.age_seconds)
    return StreamRow(
        endpoint=endpoint,
        symbols=symbols,
        listeners=sum(stream.listeners for _, stream in held),
        processes=[(report.process, stream.listeners) for report, stream in held],
        age_seconds=age,
        is_late=is_late,
        source=SOURCES.get(newest.source, newest.source),
        payload_bytes=newest.payload_bytes,
        errors=[*errors, *(["late"] if is_late else [])],
    )


def _key_rows(reports: Sequence[Report]) -> list[KeyRow]:
    total: Counter[str] = Counter()
    processes: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for report in reports:
        for bucket, number in report.keys.items():
            total[bucket] += number
            processes[bucket].append((report.process, number))
    return [KeyRow(bucket, n, processes[bucket]) for bucket, n in total.most_common()]


def _list_outages(reports: Iterable[Report]) -> list[OutageRow]:
    """Of each kind of data what was seen last: processes may know it at different times."""
    newest: dict[str, KindState] = {}
    for report in reports:
        for data, kind in report.source.kinds.items():
            if data not in newest or kind.seen_at > newest[data].seen_at:
                newest[data] = kind
    return [
        OutageRow(data, kind.state, kind.reason, kind.cause, kind.since_at)
        for data, kind in sorted(newest.items())
        if kind.state != "ok"
    ]
