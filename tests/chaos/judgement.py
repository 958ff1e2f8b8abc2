"""What is a gap and what is a repetition, in the messages that clients got. Pure; in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from tests.chaos.records import Arrival


class Window(msgspec.Struct, frozen=True):
    """A span of CLOCK_MONOTONIC."""

    begin: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.begin

    def __contains__(self, at: float) -> bool:
        return self.begin <= at <= self.end


def get_longest_gap(arrivals: Sequence[Arrival], window: Window) -> float:
    """The longest silence that one client heard in the window, as far as it is proven.

    Only the time in which the client was too busy to read is left out: a silence lasts from
    when a message was read to when the next one may first have been there. A silence that
    began before the window or goes on after it counts whole.
    """
    heard = [a for a in arrivals if a.at <= window.end]
    began = max((i for i, a in enumerate(heard) if a.at < window.begin), default=0)
    heard = heard[began:]
    if not heard:
        return window.length
    silences = [after.earliest - before.at for before, after in pairwise(heard)]
    return max([*silences, window.end - heard[-1].at])


def get_repetitions(arrivals: Sequence[Arrival], window: Window, tick: float) -> list[Arrival]:
    """The messages that one client got in the same tick as the one before.

    They arrive in less than half a tick, and so do two of which only the first was held up on
    its way; but the data of those was made a tick apart.
    """
    heard = [a for a in arrivals if a.at in window]
    return [
        after
        for before, after in pairwise(heard)
        if after.at - before.at < tick / 2 and _is_same_tick(before, after, tick)
    ]


def _is_same_tick(before: Arrival, after: Arrival, tick: float) -> bool:
    if before.stamp is None or after.stamp is None:
        return before.stamp is after.stamp
    return after.stamp - before.stamp < tick / 2
