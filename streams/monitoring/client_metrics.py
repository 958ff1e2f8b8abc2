"""Metrics of the clients: who is connected, what they are sent, how they come and go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import Metric

from streams.monitoring.families import counter, filled, gauge
from streams.monitoring.report import Report


def client_families(reports: Sequence[Report]) -> Iterator[Metric]:
    reports = [report for report in reports if report.kind == "web"]
    yield from (
        filled(
            gauge("streams_connections", "Open WebSockets.", "endpoint"),
            (((r.process, name), n) for r in reports for name, n in r.counts.connections.items()),
        ),
        filled(
            counter("streams_connections_accepted", "WebSockets accepted.", "endpoint"),
            (((r.process, name), n) for r in reports for name, n in r.counts.accepted.items()),
        ),
        filled(
            counter(
                "streams_connections_closed",
                "WebSockets ended, by close code, whoever sent it.",
                "code",
            ),
            (((r.process, code), n) for r in reports for code, n in r.counts.closed.items()),
        ),
        filled(
            counter("streams_handshakes_refused", "Handshakes refused, by error code.", "code"),
            (((r.process, code), n) for r in reports for code, n in r.counts.refused.items()),
        ),
        filled(
            counter("streams_application_errors", "WebSockets that ended with an error of ours."),
            (((r.process,), r.counts.application_errors) for r in reports),
        ),
        filled(
            gauge("streams_connections_limit", "MAX_CONNECTIONS of the process."),
            (((r.process,), r.server.max_connections) for r in reports if r.server),
        ),
        filled(
            gauge("streams_slow_clients", "Clients that take nothing at the moment."),
            (((r.process,), r.server.slow_clients) for r in reports if r.server),
        ),
        filled(
            gauge("streams_draining", "1 while the process sends its clients away."),
            (((r.process,), r.server.is_draining) for r in reports if r.server),
        ),
        filled(
            gauge(
                "streams_validation_blind_seconds",
                "Since nobody can look whether those who are connected may stay; 0: it is looked.",
            ),
            (((r.process,), r.blind_seconds) for r in reports if r.blind_seconds is not None),
        ),
    )
    sent = [(r.process, name, s) for r in reports for name, s in r.counts.sent.items()]
    yield from (
        filled(
            counter("streams_messages_sent", "Messages written to clients.", "endpoint"),
            (((process, name), s.messages) for process, name, s in sent),
        ),
        filled(
            counter("streams_sent_bytes", "Bytes of these messages, as sent.", "endpoint"),
            (((process, name), s.bytes) for process, name, s in sent),
        ),
        filled(
            counter(
                "streams_messages_replaced",
                "Messages that a slow client did not take before a newer one came.",
                "endpoint",
            ),
            (((process, name), s.replaced) for process, name, s in sent),
        ),
    )
