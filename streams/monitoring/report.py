"""Report: what one process says of itself at one moment; small enough to be sent every tick.

Ages instead of times wherever possible: clocks of hosts need not agree.
"""

from __future__ import annotations

import resource
from collections.abc import Mapping
from typing import Literal

import msgspec

from marketdata.health import UpstreamHealth
from streams.counts import Counts, Histogram
from streams.source_state import SourceState

Kind = Literal["web", "worker"]

# A report has this many subscriptions and keys at most, those with the most listeners; the rest
# is one number.
MAX_LISTED = 200
MAX_TEXT = 100


class HistogramReport(msgspec.Struct, frozen=True):
    """As `Histogram`."""

    bounds: tuple[float, ...]
    numbers: tuple[int, ...]
    sum: float


class SentReport(msgspec.Struct, frozen=True):
    """As `Sent`."""

    messages: int
    bytes: int
    replaced: int


class CountsReport(msgspec.Struct, frozen=True):
    """As `Counts`; `fetches` by kind of data and result."""

    sent: dict[str, SentReport]
    connections: dict[str, int]
    accepted: dict[str, int]
    closed: dict[str, int]
    refused: dict[str, int]
    application_errors: int
    ticks: dict[str, HistogramReport]
    failed_ticks: int
    lateness: HistogramReport
    takeovers: dict[str, int]
    helped: int
    fetches: list[tuple[str, str, int]]


class StreamReport(msgspec.Struct, frozen=True):
    """A subscription with listeners in the process. Its symbols are cut after MAX_TEXT characters;
    the group tells it from others."""

    group: str
    endpoint: str
    symbols: str
    listeners: int
    age_seconds: float  # since it was last heard, or since it got its first listener
    source: str  # "" until something was heard
    payload_bytes: int


class ServerReport(msgspec.Struct, frozen=True):
    """Of our own server; others say nothing."""

    connections: int
    max_connections: int
    slow_clients: int
    is_draining: bool


class LayerReport(msgspec.Struct, frozen=True):
    """Of our own channel layer."""

    is_shared: bool
    is_connected: bool
    dropped: int
    unpublished: int
    refused: int = 0


class CanaryReport(msgspec.Struct, frozen=True):
    """When the canary last got data; None: not yet."""

    age_seconds: float | None
    is_ready: bool


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Of one process. `streams` and `keys` are the largest; `more_…` says how many are left out."""

    process: str
    kind: Kind
    made_at: float  # Unix seconds
    uptime_seconds: float
    tick_seconds: float
    provider: str
    counts: CountsReport
    memory_bytes: int
    cpu_seconds: float
    canary: CanaryReport | None = None
    server: ServerReport | None = None
    layer: LayerReport | None = None
    upstream: UpstreamHealth | None = None
    source: SourceState = SourceState()
    refreshed_by: str = ""
    oldest_ages: Mapping[str, float] = {}  # by endpoint
    subscriptions: int = 0
    streams: tuple[StreamReport, ...] = ()
    keys: Mapping[str, int] = {}  # connections by whose they are
    more_keys: int = 0
    blind_seconds: float | None = None  # None: nobody is validated


def report_counts(counts: Counts, refused_by_server: Mapping[str, int]) -> CountsReport:
    """A copy that no longer changes."""
    refused = counts.refused.copy()
    refused.update(refused_by_server)
    return CountsReport(
        sent={
            endpoint: SentReport(sent.messages, sent.bytes, sent.replaced)
            for endpoint, sent in counts.sent.items()
        },
        connections=dict(counts.connections),
        accepted=dict(counts.accepted),
        closed=dict(counts.closed),
        refused=dict(refused),
        application_errors=counts.application_errors,
        ticks={source: _histogram(ticks) for source, ticks in tuple(counts.ticks.items())},
        failed_ticks=counts.failed_ticks,
        lateness=_histogram(counts.lateness),
        takeovers=dict(counts.takeovers),
        helped=counts.helped,
        # Other threads count these.
        fetches=[(*what, number) for what, number in tuple(counts.fetches.items())],
    )


def _histogram(histogram: Histogram) -> HistogramReport:
    return HistogramReport(histogram.bounds, tuple(histogram.numbers), histogram.sum)


def get_memory_bytes() -> int:
    """Resident memory of this process; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - a proc file
            return int(statm.read().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def get_cpu_seconds() -> float:
    """What this process has used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
