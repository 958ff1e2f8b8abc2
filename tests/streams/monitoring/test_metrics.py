"""Reports as Prometheus reads them."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from streams.monitoring.metrics import render
from streams.monitoring.report import LayerReport
from tests.streams.monitoring.reports import make_report


def samples(*reports: object) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = render(reports).decode()  # type: ignore[arg-type]
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(
    found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str
) -> float:
    return found[name, frozenset({"process": "host:1", **labels}.items())]


def test_each_number_of_a_report_is_a_sample() -> None:
    found = samples(make_report())
    for name, labels, expected in (
        ("streams_process_info", {"kind": "web", "provider": "yahoo"}, 1),
        ("streams_ready", {}, 1),
        ("streams_connections", {"endpoint": "quotes"}, 1),
        ("streams_connections", {"endpoint": "hours"}, 0),
        ("streams_connections_closed_total", {"code": "1006"}, 1),
        ("streams_connections_closed_total", {"code": "4413"}, 0),
        ("streams_handshakes_refused_total", {"code": "missing_key"}, 1),
        ("streams_handshakes_refused_total", {"code": "full"}, 1),
        ("streams_messages_sent_total", {"endpoint": "quotes"}, 3),
        ("streams_sent_bytes_total", {"endpoint": "quotes"}, 300),
        ("streams_messages_replaced_total", {"endpoint": "quotes"}, 2),
        ("streams_slow_clients", {}, 1),
        ("streams_staleness_seconds", {"endpoint": "quotes"}, 1.25),
        ("streams_takeovers_total", {"scope": "cluster"}, 1),
        ("streams_redis_up", {}, 1),
        ("streams_messages_unpublished_total", {}, 6),
        ("streams_redis_refused_total", {}, 2),
        ("streams_fetches_total", {"data": "quotes", "result": "ok"}, 4),
        ("streams_upstream_calls_total", {"group": "quotes", "result": "RateLimited"}, 1),
        ("streams_upstream_breaker_open", {"group": "quotes"}, 1),
        ("streams_upstream_budget_calls", {}, 7.5),
        ("streams_upstream_crumb_age_seconds", {}, 60),
        ("streams_upstream_quote_age_max_seconds", {}, 9),
    ):
        assert value(found, name, **labels) == expected, name


def test_histograms_are_cumulative_as_prometheus_wants_them() -> None:
    found = samples(make_report())
    name = "streams_tick_duration_seconds"
    assert value(found, f"{name}_bucket", source="celery", le="0.25") == 0
    assert value(found, f"{name}_bucket", source="celery", le="0.5") == 1
    assert value(found, f"{name}_bucket", source="celery", le="+Inf") == 1
    assert value(found, f"{name}_count", source="celery") == 1
    assert value(found, f"{name}_sum", source="celery") == 0.3


def test_what_a_process_does_not_have_is_absent_and_not_zero() -> None:
    alone = LayerReport(is_shared=False, is_connected=False, dropped=0, unpublished=0)
    found = samples(
        make_report(layer=alone, upstream=None, server=None),
        make_report("host:2", kind="worker", canary=None),
    )
    names = {(name, dict(labels)["process"]) for name, labels in found}
    assert ("streams_redis_up", "host:1") not in names
    assert ("streams_slow_clients", "host:1") not in names
    assert ("streams_upstream_budget_calls", "host:1") not in names
    assert ("streams_upstream_budget_calls", "host:2") in names
    assert ("streams_connections", "host:2") not in names
    assert ("streams_ready", "host:2") not in names


def test_label_values_that_would_break_the_format_are_escaped() -> None:
    odd = 'ho"st\n:1'
    found = samples(make_report(odd))
    assert found["streams_ready", frozenset({("process", odd)})] == 1
