"""A process's account of itself: from its parts to a Report. On the event loop, and quick."""

from __future__ import annotations

import time

from channels.layers import BaseChannelLayer

from marketdata.health import UpstreamHealth
from streams.feed import Stream
from streams.layers import StreamsChannelLayer
from streams.monitoring.report import (
    MAX_LISTED,
    MAX_TEXT,
    CanaryReport,
    LayerReport,
    Report,
    ServerReport,
    StreamReport,
    get_cpu_seconds,
    get_memory_bytes,
    report_counts,
)
from streams.monitoring.subject import Server, Subject
from streams.subscriptions import Subscription

# A subscription, the listeners that are clients, and what the feed knows.
Listened = tuple[Subscription, int, Stream]


def give_account(
    subject: Subject,
    silent: Subscription | None,
    canary: CanaryReport | None,
    upstream: UpstreamHealth | None,
    uptime_seconds: float,
    now: float,
) -> Report:
    """What the process says at `now` (the event loop's clock).

    One listener of `silent` is no client: the canary.
    """
    listened = list_listened(subject, silent)
    largest = sorted(listened, key=lambda entry: -entry[1])[:MAX_LISTED]
    keys = subject.gate.count_visits() if subject.gate else {}
    server = subject.server
    return Report(
        process=subject.process,
        kind=subject.kind,
        made_at=time.time(),
        uptime_seconds=uptime_seconds,
        tick_seconds=subject.tick_seconds,
        provider=subject.provider.name,
        counts=report_counts(subject.counts, server.refused if server else {}),
        memory_bytes=get_memory_bytes(),
        cpu_seconds=get_cpu_seconds(),
        canary=canary,
        server=_report_server(server) if server else None,
        layer=_report_layer(subject.layer),
        upstream=upstream,
        source=subject.source.get(),
        refreshed_by=subject.feed.sources.text if subject.feed else "",
        oldest_ages=oldest_ages(listened, now),
        subscriptions=len(listened),
        streams=tuple(_report_stream(entry, now) for entry in largest),
        keys=dict(sorted(keys.items(), key=lambda item: -item[1])[:MAX_LISTED]),
        more_keys=max(0, len(keys) - MAX_LISTED),
        blind_seconds=subject.gate.blind_seconds() if subject.gate else None,
    )


def list_listened(subject: Subject, silent: Subscription | None) -> list[Listened]:
    """Every subscription that clients of this process listen to."""
    streams = subject.feed.streams if subject.feed else {}
    counted = [(s, stream.listeners - (s == silent), stream) for s, stream in streams.items()]
    return [entry for entry in counted if entry[1]]


def oldest_ages(listened: list[Listened], now: float) -> dict[str, float]:
    """By endpoint: how long the subscription that waits longest has heard nothing."""
    ages: dict[str, float] = {}
    for subscription, _, stream in listened:
        endpoint = subscription.endpoint
        ages[endpoint] = max(ages.get(endpoint, 0.0), now - stream.heard_at)
    return ages


def _report_stream(entry: Listened, now: float) -> StreamReport:
    subscription, clients, stream = entry
    size = len(stream.latest.payload.encode()) if stream.latest else 0
    age = now - stream.heard_at
    symbols = " ".join(subscription.symbols)
    if len(symbols) > MAX_TEXT:
        symbols = f"{symbols[: MAX_TEXT - 1]}…"
    return StreamReport(
        subscription.group,
        subscription.endpoint,
        symbols,
        clients,
        age,
        stream.source,
        size,
    )


def _report_server(server: Server) -> ServerReport:
    return ServerReport(
        server.websockets,
        server.options.max_connections,
        len(server.slow_clients),
        server.is_draining,
    )


def _report_layer(layer: BaseChannelLayer) -> LayerReport | None:
    if not isinstance(layer, StreamsChannelLayer):
        return None
    return LayerReport(
        layer.is_shared,
        layer.is_connected,
        layer.dropped_messages,
        layer.unpublished_messages,
        layer.refused_operations,
    )
