"""Fragments: what did not change is not encoded again, however many there are."""

from __future__ import annotations

from streams.fragments import Fragments

TICK = 5.0


class Kitchen:
    """Counts what it was asked to make."""

    def __init__(self, fragments: Fragments) -> None:
        self.fragments = fragments
        self.made: list[str] = []

    def get(self, key: str, source: object) -> str:
        def make() -> object:
            self.made.append(key)
            return {key: source}

        return bytes(self.fragments.get(key, source, make)).decode()


def test_a_fragment_is_made_once_while_its_source_stays_the_same() -> None:
    kitchen = Kitchen(Fragments())
    assert kitchen.get("AAPL", 1.5) == '{"AAPL":1.5}'
    assert kitchen.get("AAPL", 1.5) == '{"AAPL":1.5}'
    assert kitchen.get("AAPL", 2.5) == '{"AAPL":2.5}'
    assert kitchen.made == ["AAPL", "AAPL"]


def test_what_every_tick_uses_is_kept_however_much_it_is() -> None:
    """More than a cache of ten thousand that forgets the least recently used could keep."""
    fragments = Fragments()
    kitchen = Kitchen(fragments)
    keys = [f"S{number}" for number in range(10_001)]
    for tick in range(3):
        fragments.age(tick * TICK, TICK)
        for key in keys:
            kitchen.get(key, 0)
    assert kitchen.made == keys


def test_what_a_whole_tick_did_not_use_is_forgotten() -> None:
    fragments = Fragments()
    kitchen = Kitchen(fragments)
    kitchen.get("AAPL", 0)
    for tick in (1, 2, 3):
        fragments.age(tick * TICK, TICK)
        kitchen.get("MSFT", 0)
    assert len(fragments) <= 2
    kitchen.get("AAPL", 0)
    assert kitchen.made == ["AAPL", "MSFT", "AAPL"]


def test_there_are_never_more_than_two_generations_of_the_greatest_number() -> None:
    fragments = Fragments(max_fragments=10)
    kitchen = Kitchen(fragments)
    for number in range(100):
        kitchen.get(f"S{number}", 0)
        assert len(fragments) <= 20


def test_shards_that_share_a_tick_do_not_age_it_twice() -> None:
    fragments = Fragments()
    kitchen = Kitchen(fragments)
    kitchen.get("AAPL", 0)
    for shard in range(64):
        fragments.age(TICK + shard / 1000, TICK)
    kitchen.get("AAPL", 0)
    assert kitchen.made == ["AAPL"]
