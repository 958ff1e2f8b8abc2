"""The fetcher when calls hang: bounded waits, bounded memory, and nobody blamed for another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from streams.fetching import MAX_CALLS, MAX_UNFINISHED, Fetcher
from streams.quotes import KnownQuotes, MemoryRecentQuotes
from streams.topics import Needs
from tests.fake_provider import FakeProvider
from tests.streams.nodes import at_most

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
QUOTES = Needs(quotes=frozenset(["AAPL"]))


class Hanging:
    """A fetcher whose provider hangs until it is released, whatever its deadline."""

    def __init__(self) -> None:
        self.provider = FakeProvider()
        self.released = threading.Event()
        self.fetcher = Fetcher(self.provider, MemoryRecentQuotes(1.0))
        for method in ("fetch_quotes", "fetch_movers"):
            self.provider.faults[method] = lambda: self.released.wait(30)

    def fetch(self, needs: Needs = QUOTES, seconds: float = 0.01) -> int:
        """How many quotes came."""
        return len(self.fetcher.fetch(needs, NOW, seconds, NOW.timestamp()).quotes)

    def release(self) -> None:
        self.provider.faults.clear()
        self.released.set()


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    hanging = Hanging()
    yield hanging
    hanging.release()


def test_calls_that_hang_for_ever_cost_bounded_threads_and_memory(
    hanging: Hanging, caplog: pytest.LogCaptureFixture
) -> None:
    with at_most(20):
        # A call whose time is up before a thread is there for it is over, and occupies none.
        while hanging.provider.calls["fetch_quotes"] < MAX_CALLS:
            assert hanging.fetch(seconds=0.002) == 0
        for _ in range(MAX_UNFINISHED + 20):
            assert hanging.fetch(seconds=0.002) == 0
    assert hanging.provider.calls["fetch_quotes"] == MAX_CALLS
    assert hanging.fetcher._executor.unfinished == MAX_UNFINISHED
    assert not hanging.fetcher._under_way
    assert len(caplog.records) == 1


def test_once_the_calls_come_back_everything_does(hanging: Hanging) -> None:
    for _ in range(MAX_CALLS + 5):
        hanging.fetch(seconds=0.002)
    hanging.release()
    assert hanging.fetch(seconds=5) == 1


def test_of_those_who_share_a_call_who_gives_up_first_is_nobodys_bug(
    hanging: Hanging,
) -> None:
    for _ in range(MAX_CALLS):
        hanging.fetch(Needs(movers=True), seconds=0.002)
    with ThreadPoolExecutor() as pool:
        patient = pool.submit(hanging.fetch, QUOTES, 1.0)
        while not hanging.fetcher._under_way:
            pass
        assert hanging.fetch(QUOTES, 0.01) == 0
        assert patient.result(30) == 0
    states = hanging.fetcher.watch.get().kinds.values()
    assert {state.cause for state in states} == {"the provider did not answer in time"}


class OvertakenQuotes(MemoryRecentQuotes):
    """Another thread fetches between the look at these quotes and the answer."""

    def __init__(self) -> None:
        super().__init__(1.0)
        self.overtake: Callable[[], object] | None = None

    def get(self, symbols: Iterable[str], not_before: float) -> KnownQuotes:
        known = super().get(symbols, not_before)
        overtake, self.overtake = self.overtake, None
        if overtake:
            overtake()
        return known


def test_a_call_that_ends_while_somebody_looks_is_not_made_again() -> None:
    provider, quotes = FakeProvider(), OvertakenQuotes()
    fetcher = Fetcher(provider, quotes)

    def fetch() -> int:
        return len(fetcher.fetch(QUOTES, NOW, 5.0, NOW.timestamp()).quotes)

    quotes.overtake = fetch
    assert fetch() == 1
    assert provider.calls["fetch_quotes"] == 1
