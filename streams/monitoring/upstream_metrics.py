"""Metrics of where the data comes from: what was fetched, and how the source is doing.

What the source's processes share, the budget for example, each of them reports as it sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import Metric

from marketdata.health import UpstreamHealth
from streams.monitoring.families import counter, gauge
from streams.monitoring.report import Report

BREAKER_STATES = {"closed": 0.0, "half-open": 0.5, "open": 1.0}


def upstream_families(reports: Sequence[Report]) -> Iterator[Metric]:
    fetches = counter(
        "streams_fetches",
        "Questions to the provider, by kind of data and result.",
        "data",
        "result",
    )
    states = gauge(
        "streams_source_state",
        "1 for the state that a kind of data is in: ok, degraded, paused or down.",
        "data",
        "state",
        "reason",
    )
    for report in reports:
        for data, result, number in report.counts.fetches:
            fetches.add_metric([report.process, data, result], number)
        for data, kind in report.source.kinds.items():
            states.add_metric([report.process, data, kind.state, kind.reason], 1)
    yield from (fetches, states)
    known = [(report.process, report.upstream) for report in reports if report.upstream]
    yield from _call_families(known)
    yield from _limit_families(known)
    yield from _turn_families(known)


def _call_families(known: Sequence[tuple[str, UpstreamHealth]]) -> Iterator[Metric]:
    calls = counter(
        "streams_upstream_calls",
        "HTTP calls to the source, by group of endpoints and result.",
        "group",
        "result",
    )
    breakers = gauge(
        "streams_upstream_breaker_open",
        "1: nothing is asked; 0.5: one call tries; 0: all is well.",
        "group",
    )
    for process, health in known:
        for group, results in health.calls.items():
            for result, number in results.items():
                calls.add_metric([process, group, result], number)
        for group, breaker in health.breakers.items():
            breakers.add_metric([process, group], BREAKER_STATES[breaker.state])
    yield from (calls, breakers)


def _limit_families(known: Sequence[tuple[str, UpstreamHealth]]) -> Iterator[Metric]:
    level = gauge("streams_upstream_budget_calls", "Calls that may be made at once.")
    burst = gauge("streams_upstream_budget_limit_calls", "YAHOO_BURST: the most of them.")
    crumb = gauge("streams_upstream_crumb_age_seconds", "Of the source's sign-in.")
    for process, health in known:
        level.add_metric([process], health.budget_level)
        burst.add_metric([process], health.budget_burst)
        if health.crumb_age_seconds is not None:
            crumb.add_metric([process], health.crumb_age_seconds)
    yield from (level, burst, crumb)


def _turn_families(known: Sequence[tuple[str, UpstreamHealth]]) -> Iterator[Metric]:
    mean = gauge("streams_upstream_quote_age_mean_seconds", "Of the quotes of the last tick.")
    oldest = gauge("streams_upstream_quote_age_max_seconds", "Of the oldest of these quotes.")
    waiting = gauge("streams_upstream_symbols_waiting", "Symbols whose first turn is to come.")
    for process, health in known:
        if health.turns:
            mean.add_metric([process], health.turns.mean_age_seconds)
            oldest.add_metric([process], health.turns.oldest_age_seconds)
            waiting.add_metric([process], health.turns.waiting)
    yield from (mean, oldest, waiting)
