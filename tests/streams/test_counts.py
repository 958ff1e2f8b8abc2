"""Numbers of a process: where observations fall, and which codes have a number of their own."""

from __future__ import annotations

import pytest

from streams.counts import Counts, Histogram
from streams.sources import Sources


def test_an_observation_falls_below_the_first_bound_that_is_not_smaller() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.0, 1.0, 1.5, 2.0, 3.0):
        histogram.observe(value)
    assert histogram.numbers == [2, 2, 1]
    assert histogram.sum == 7.5


def test_codes_that_clients_make_up_share_one_number() -> None:
    counts = Counts(["hours"])
    for code in (1000, 4413, 3001, 4999):
        counts.opened("hours")
        counts.ended("hours", code)
    assert counts.closed["1000"] == counts.closed["4413"] == 1
    assert counts.closed["other"] == 2
    assert (counts.accepted["hours"], counts.connections["hours"]) == (4, 0)


@pytest.mark.parametrize(
    ("is_shared", "heard", "expected"),
    [
        (True, [("celery", False), ("takeover", True), ("takeover", True)], (1, 0)),
        (True, [("takeover", False), ("local", True), ("help", True), ("local", True)], (0, 1)),
        (True, [("takeover", True), ("celery", False), ("takeover", True)], (2, 0)),
        (False, [("local", True)], (0, 0)),
    ],
)
def test_a_takeover_is_counted_when_it_begins_and_alone_there_is_none(
    is_shared: bool, heard: list[tuple[str, bool]], expected: tuple[int, int]
) -> None:
    counts = Counts()
    sources = Sources(counts, is_shared=is_shared)
    for source, is_mine in heard:
        sources.heard(source, is_mine=is_mine)
    assert (counts.takeovers["cluster"], counts.takeovers["own"]) == expected
