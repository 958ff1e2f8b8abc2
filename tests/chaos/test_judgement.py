"""The judges of the chaos suite: they see what is wrong, and blame no server for a busy client."""

from __future__ import annotations

import pytest

from tests.chaos.judgement import Window, get_longest_gap, get_repetitions
from tests.chaos.records import Arrival

WINDOW = Window(10, 20)


def arrivals(*times: float, busy: float = 0.0) -> list[Arrival]:
    return [Arrival(0, at, at - busy, at) for at in times]


@pytest.mark.parametrize(
    ("times", "gap"),
    [
        (range(9, 22), 1),
        ([*range(9, 14), *range(17, 22)], 4),
        ([5, *range(14, 22)], 9),
        (range(5, 14), 7),
        ([], 10),
        ([21], 10),
        ([1, 2, 30], 18),
    ],
    ids=["none", "within", "begun before", "not over", "nothing", "only later", "all over it"],
)
def test_a_gap_is_seen_wherever_it_lies(times: list[float], gap: float) -> None:
    assert get_longest_gap(arrivals(*times), WINDOW) == gap


def test_the_time_in_which_the_client_was_busy_is_no_gap() -> None:
    assert get_longest_gap(arrivals(10, 14, 18, busy=1), WINDOW) == 3


def test_a_second_message_of_a_tick_is_a_repetition() -> None:
    first, again, _, late = heard = arrivals(11, 11.1, 12, 13)
    assert get_repetitions(heard, WINDOW, tick=1) == [again]
    copy = Arrival(0, 13.2, 13.2, late.stamp)
    assert get_repetitions([first, late, copy], WINDOW, tick=1) == [copy]


def test_a_message_that_was_held_up_until_the_next_one_is_no_repetition() -> None:
    heard = [Arrival(0, 11.9, 11.9, 11), Arrival(0, 12, 12, 12)]
    assert get_repetitions(heard, WINDOW, tick=1) == []


def test_messages_without_data_are_told_apart_by_their_arrival() -> None:
    empty = [Arrival(0, at, at, None) for at in (11, 11.2, 12.2)]
    assert get_repetitions(empty, WINDOW, tick=1) == [empty[1]]
    assert get_repetitions([empty[0], *arrivals(11.2)], WINDOW, tick=1) == []
