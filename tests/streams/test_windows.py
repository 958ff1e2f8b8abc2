"""Counters that start anew some time after their first count."""

from __future__ import annotations

from streams.windows import Windows


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_window_begins_with_its_first_count_and_ends_on_time() -> None:
    clock = Clock()
    windows = Windows(clock=clock)
    assert windows.get("a") == (0, 0)
    assert windows.add("a", 60) == (1, 60)
    clock.now += 59
    assert windows.add("a", 60) == (2, 1)
    assert windows.add("b", 60) == (1, 60)
    clock.now += 1
    assert windows.get("a") == (0, 0)
    assert windows.add("a", 60) == (1, 60)


def test_counting_goes_on_from_what_others_have_counted() -> None:
    windows = Windows(clock=Clock())
    windows.set("a", 7, 30)
    assert windows.add("a", 60) == (8, 30)


def test_memory_is_bounded_and_the_newest_are_kept() -> None:
    clock = Clock()
    windows = Windows(max_windows=100, clock=clock)
    for number in range(10_000):
        windows.add(f"{number}", 60)
        assert len(windows) <= 100
    assert windows.get("9999")[0] == 1
    clock.now += 61
    windows.add("new", 60)
    windows.set("newer", 1, 60)
    assert len(windows) <= 100
