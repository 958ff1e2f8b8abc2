"""Deadlines: how much time is left, and the refusal to begin when none is."""

from __future__ import annotations

import time

import pytest

from marketdata.deadlines import Deadline
from marketdata.errors import DeadlineExceeded, ProviderUnavailable


def test_what_remains_counts_down() -> None:
    deadline = Deadline.after(60)
    first = deadline.remaining()
    time.sleep(0.001)
    assert 0 < deadline.remaining() < first <= 60


def test_time_that_is_left_is_given_to_the_call() -> None:
    assert 0 < Deadline.after(60).require("quotes") <= 60


@pytest.mark.parametrize("deadline", [Deadline.after(0), Deadline.after(-5)])
def test_a_deadline_that_has_passed_leaves_nothing(deadline: Deadline) -> None:
    assert deadline.remaining() == 0
    with pytest.raises(DeadlineExceeded, match="no time left for quotes"):
        deadline.require("quotes")


def test_a_missed_deadline_counts_as_an_unavailable_source() -> None:
    assert issubclass(DeadlineExceeded, ProviderUnavailable)
