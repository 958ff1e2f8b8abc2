"""How metrics are made for the library: families whose first label is `process`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from streams.monitoring.report import HistogramReport

Samples = Iterable[tuple[Sequence[str], float]]


def gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=["process", *labels])


def counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
    """Its samples end in `_total`."""
    return CounterMetricFamily(name, text, labels=["process", *labels])


def filled(family: GaugeMetricFamily | CounterMetricFamily, samples: Samples) -> Metric:
    for labels, value in samples:
        family.add_metric(list(labels), value)
    return family


def histograms(
    family: HistogramMetricFamily, samples: Iterable[tuple[Sequence[str], HistogramReport]]
) -> Metric:
    for labels, histogram in samples:
        bounds = [*map(str, histogram.bounds), "+Inf"]
        buckets = list(zip(bounds, accumulate(histogram.numbers), strict=True))
        family.add_metric(list(labels), buckets, histogram.sum)
    return family
