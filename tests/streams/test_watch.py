"""The watch: who is alone leads every tick; in a cluster a process steps in, and back out."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.watch import LATE_TICKS, PATIENCE_TICKS, Watch

TICK = 5.0
LOOK = TICK / 4


def shared_watch(*shards: int) -> Watch:
    watch = Watch(TICK, is_shared=True)
    watch.keep(shards or (0,), 0.0)
    return watch


def test_a_process_alone_leads_every_tick_from_the_first() -> None:
    watch = Watch(TICK, is_shared=False)
    watch.keep({0}, 0.0)
    assert watch.due(LOOK) == set()
    for tick in range(1, 5):
        assert watch.due(tick * TICK) == {0}
        watch.led(0, tick * TICK)
        assert watch.due(tick * TICK + LOOK) == set()


def test_a_process_alone_is_not_silenced_by_what_it_hears() -> None:
    watch = Watch(TICK, is_shared=False)
    watch.keep({0}, 0.0)
    watch.heard(0, 1.0)
    assert watch.due(1.0 + TICK) == {0}


def test_ticks_that_come_a_little_early_count() -> None:
    watch = Watch(TICK, is_shared=False)
    watch.keep({0}, 0.0)
    assert watch.due(TICK - 0.01) == {0}


def test_in_a_cluster_it_waits_a_tick_and_a_half_for_somebody_else() -> None:
    watch = shared_watch()
    assert watch.due(PATIENCE_TICKS * TICK - 0.01) == set()
    assert watch.due(PATIENCE_TICKS * TICK) == {0}


def test_once_it_leads_it_does_so_every_tick() -> None:
    watch = shared_watch()
    watch.led(0, 10.0)
    assert watch.due(10.0 + 3 * LOOK) == set()
    assert watch.due(10.0 + TICK) == {0}


def test_it_falls_silent_when_somebody_else_is_heard() -> None:
    watch = shared_watch()
    watch.led(0, 10.0)
    watch.heard(0, 12.0)
    assert watch.due(12.0 + TICK) == set()
    assert watch.due(12.0 + PATIENCE_TICKS * TICK) == {0}


def test_when_refused_it_no_longer_leads_and_tries_again() -> None:
    watch = shared_watch()
    watch.led(0, 10.0)
    watch.refused(0)
    assert watch.due(10.0 + TICK) == set()
    assert watch.due(10.0 + PATIENCE_TICKS * TICK) == {0}
    watch.refused(0)
    assert watch.due(10.0 + PATIENCE_TICKS * TICK + LOOK) == {0}
    watch.refused(99)


def test_shards_are_watched_each_for_itself() -> None:
    watch = shared_watch(0, 1)
    watch.heard(1, 2.0)
    assert watch.due(PATIENCE_TICKS * TICK) == {0}


def test_shards_without_listeners_are_forgotten_and_new_ones_begin_from_now() -> None:
    watch = shared_watch(0, 1)
    watch.led(0, 1.0)
    watch.keep({1, 2}, 5.0)
    assert watch.due(PATIENCE_TICKS * TICK) == {1}
    watch.keep({0, 1, 2}, 6.0)
    assert watch.due(6.0 + TICK) == {1}, "it leads nothing any more"


@pytest.mark.parametrize(("is_shared", "is_late"), [(True, True), (False, False)])
def test_listeners_are_late_after_two_ticks_and_only_in_a_cluster(
    is_shared: bool, is_late: bool
) -> None:
    watch = Watch(TICK, is_shared=is_shared)
    assert not watch.is_late(1.0, 1.0 + LATE_TICKS * TICK - 0.01)
    assert watch.is_late(1.0, 1.0 + LATE_TICKS * TICK) is is_late


Event = Literal["nothing", "heard", "refused"]


@given(st.lists(st.sampled_from(["nothing", "heard", "refused"]), max_size=60))
def test_whatever_happens_no_tick_and_a_half_goes_by_without_an_update_or_an_attempt(
    events: list[Event],
) -> None:
    """One event for each look, between looks; an attempt is refused or leads."""
    watch = shared_watch()
    last = 0.0
    for number, event in enumerate(events, start=1):
        now = number * LOOK
        if event == "heard":
            watch.heard(0, now - LOOK / 2)
            last = now - LOOK / 2
        if watch.due(now):
            last = now
            if event == "refused":
                watch.refused(0)
            else:
                watch.led(0, now)
        assert now - last <= PATIENCE_TICKS * TICK + LOOK


@given(st.lists(st.booleans(), max_size=60))
def test_a_process_that_hears_somebody_every_tick_never_refreshes(late: list[bool]) -> None:
    """Somebody else's tick may come up to a look early or late."""
    watch = shared_watch()
    for tick, is_late in enumerate(late, start=1):
        watch.heard(0, tick * TICK + (LOOK if is_late else 0))
        for look in range(1, 4):
            assert not watch.due((tick + 1) * TICK + (look - 3) * LOOK)
