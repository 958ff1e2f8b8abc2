"""Reports in Prometheus's text format. Every metric has the label `process`.

Nothing is counted here, and the library is asked only when somebody scrapes.
docs/operations.md says what each metric means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from streams.monitoring.client_metrics import client_families
from streams.monitoring.families import counter, filled, gauge, histograms
from streams.monitoring.report import Report
from streams.monitoring.upstream_metrics import upstream_families

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class ReportCollector(Collector):
    """What the library collects from: reports made a moment ago."""

    def __init__(self, reports: Sequence[Report]) -> None:
        self._reports = reports

    def collect(self) -> Iterator[Metric]:
        yield from _process_families(self._reports)
        yield from client_families(self._reports)
        yield from _tick_families(self._reports)
        yield from _redis_families(self._reports)
        yield from upstream_families(self._reports)


def render(reports: Sequence[Report]) -> bytes:
    """The page that Prometheus scrapes."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ReportCollector(reports))
    return generate_latest(registry)


def _process_families(reports: Sequence[Report]) -> Iterator[Metric]:
    info = GaugeMetricFamily(
        "streams_process_info", "1 for each process.", labels=["process", "kind", "provider"]
    )
    memory = gauge("streams_process_memory_bytes", "Resident memory.")
    cpu = counter("streams_process_cpu_seconds", "CPU time used.")
    uptime = gauge("streams_process_uptime_seconds", "Since the process began to report.")
    ready = gauge("streams_ready", "1 if the process can deliver now, as /readyz says.")
    age = gauge("streams_canary_age_seconds", "Since the canary last got data.")
    tick = gauge("streams_tick_interval_seconds", "REFRESH_SECONDS: how often data is due.")
    for report in reports:
        info.add_metric([report.process, report.kind, report.provider], 1)
        memory.add_metric([report.process], report.memory_bytes)
        cpu.add_metric([report.process], report.cpu_seconds)
        uptime.add_metric([report.process], report.uptime_seconds)
        tick.add_metric([report.process], report.tick_seconds)
        if report.canary:
            ready.add_metric([report.process], report.canary.is_ready)
            if report.canary.age_seconds is not None:
                age.add_metric([report.process], report.canary.age_seconds)
    yield from (info, memory, cpu, uptime, ready, age, tick)


def _tick_families(reports: Sequence[Report]) -> Iterator[Metric]:
    yield from (
        filled(
            gauge("streams_subscriptions", "Different subscriptions with listeners."),
            (((r.process,), r.subscriptions) for r in reports if r.kind == "web"),
        ),
        filled(
            gauge(
                "streams_staleness_seconds",
                "Of the subscription that waits longest: since its last payload.",
                "endpoint",
            ),
            (((r.process, name), age) for r in reports for name, age in r.oldest_ages.items()),
        ),
        histograms(
            HistogramMetricFamily(
                "streams_tick_duration_seconds",
                "From the claim of a tick until its payloads are sent.",
                labels=["process", "source"],
            ),
            (((r.process, src), h) for r in reports for src, h in r.counts.ticks.items()),
        ),
        histograms(
            HistogramMetricFamily(
                "streams_tick_lateness_seconds",
                "How late the event loop got to its ticks.",
                labels=["process"],
            ),
            (((r.process,), r.counts.lateness) for r in reports if r.kind == "web"),
        ),
        filled(
            counter("streams_ticks_failed", "Ticks that ended with an error."),
            (((r.process,), r.counts.failed_ticks) for r in reports),
        ),
        filled(
            counter(
                "streams_takeovers",
                "How often a web process began to refresh, for the cluster or its own clients.",
                "scope",
            ),
            (((r.process, scope), n) for r in reports for scope, n in r.counts.takeovers.items()),
        ),
        filled(
            counter("streams_late_streams_helped", "Payloads handed to listeners who waited."),
            (((r.process,), r.counts.helped) for r in reports if r.kind == "web"),
        ),
    )


def _redis_families(reports: Sequence[Report]) -> Iterator[Metric]:
    layers = [(r.process, r.layer) for r in reports if r.layer]
    yield from (
        filled(
            gauge("streams_redis_up", "1 if Redis answers this process; absent without Redis."),
            (((process,), layer.is_connected) for process, layer in layers if layer.is_shared),
        ),
        filled(
            counter("streams_messages_dropped", "By the layer: their channels do not receive."),
            (((process,), layer.dropped) for process, layer in layers),
        ),
        filled(
            counter("streams_messages_unpublished", "To other processes, while Redis was lost."),
            (((process,), layer.unpublished) for process, layer in layers if layer.is_shared),
        ),
        filled(
            counter("streams_redis_refused", "Operations that Redis answered with an error."),
            (((process,), layer.refused) for process, layer in layers if layer.is_shared),
        ),
    )
