"""Single flight: a fact that has just been fetched is not fetched again."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from marketdata.clock import SYSTEM_CLOCK
from marketdata.deadlines import Deadline
from marketdata.executors import DaemonExecutor
from marketdata.providers.yahoo.breakers import Breakers
from marketdata.providers.yahoo.budget import Budget
from marketdata.providers.yahoo.cache import FactCache, Kept
from marketdata.providers.yahoo.facts import SlowFacts
from marketdata.providers.yahoo.guard import Guard
from marketdata.providers.yahoo.kinds import Kind
from marketdata.providers.yahoo.shared_facts import SharedFacts
from marketdata.sharing import MemoryStore


def make_kind(fetch: Callable[[str, Deadline], str]) -> Kind[str]:
    return Kind(
        name="kind",
        type=str,
        groups=("details",),
        fresh_seconds=60,
        closed_seconds=60,
        stale_seconds=3600,
        fetch=fetch,
    )


def make_facts(executor: DaemonExecutor, cache: FactCache, store: MemoryStore) -> SlowFacts:
    guard = Guard(Breakers(store, SYSTEM_CLOCK), Budget(store, 100, 100), SYSTEM_CLOCK)
    return SlowFacts(executor, cache, SharedFacts(store), guard, SYSTEM_CLOCK)


@pytest.fixture
def occupied() -> threading.Event:
    return threading.Event()


@pytest.fixture
def executor(occupied: threading.Event) -> DaemonExecutor:
    """Its only thread is busy until the event is set."""
    executor = DaemonExecutor(1, "facts")
    executor.submit(occupied.wait, 5)
    return executor


def test_one_who_looked_just_before_a_fetch_landed_does_not_fetch_again(
    now: datetime, occupied: threading.Event, executor: DaemonExecutor
) -> None:
    fetched: list[str] = []

    def fetch(key: str, deadline: Deadline) -> str:
        fetched.append(key)
        return key

    kind = make_kind(fetch)
    cache = FactCache(10)
    late = make_facts(executor, cache, MemoryStore())._flight(kind, "a", now, Deadline.after(5))
    cache.put((kind.name, "a"), Kept("kept", now, 60))
    occupied.set()
    assert late.result(30) == "kept"
    assert not fetched


def test_threads_that_look_in_the_same_moment_share_one_flight(
    now: datetime, occupied: threading.Event, executor: DaemonExecutor
) -> None:
    facts = make_facts(executor, FactCache(10), MemoryStore())
    kind = make_kind(lambda key, deadline: key)
    both_look = threading.Barrier(2, timeout=0.2)

    class Looking(Deadline, frozen=True):
        """Looked at where two threads may meet, if nothing keeps them apart."""

        def remaining(self) -> float:
            with contextlib.suppress(threading.BrokenBarrierError):
                both_look.wait()
            return super().remaining()

    deadline = Looking(Deadline.after(5).at)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: facts._flight(kind, "a", now, deadline), range(2))
    occupied.set()
    assert one is other


def test_a_fetch_about_to_give_up_is_not_joined(
    now: datetime, occupied: threading.Event, executor: DaemonExecutor
) -> None:
    facts = make_facts(executor, FactCache(10), MemoryStore())
    kind = make_kind(lambda key, deadline: key)
    short = facts._flight(kind, "a", now, Deadline.after(0.5))
    assert facts._flight(kind, "a", now, Deadline.after(0.5)) is short
    patient = facts._flight(kind, "a", now, Deadline.after(5))
    assert patient is not short
    assert facts._flight(kind, "a", now, Deadline.after(5)) is patient
    occupied.set()
    assert patient.result(30) == "a"


def test_processes_fetch_a_fact_once_and_share_it(now: datetime) -> None:
    store = MemoryStore()
    fetched: list[str] = []
    began, may_end = threading.Event(), threading.Event()

    def fetch(key: str, deadline: Deadline) -> str:
        fetched.append(key)
        began.set()
        assert may_end.wait(30)
        return f"fact of {key}"

    kind = make_kind(fetch)
    processes = [make_facts(DaemonExecutor(1, "f"), FactCache(10), store) for _ in range(2)]
    first = processes[0]._flight(kind, "a", now, Deadline.after(5))
    assert began.wait(30)
    second = processes[1]._flight(kind, "a", now, Deadline.after(5))
    may_end.set()
    assert (first.result(30), second.result(30)) == ("fact of a", "fact of a")
    third = make_facts(DaemonExecutor(1, "f"), FactCache(10), store)
    assert third.get_all(kind, ["a"], now, Deadline.after(5)).found == {"a": "fact of a"}
    assert fetched == ["a"]


def test_a_process_does_not_wait_for_one_that_died_longer_than_its_deadline(now: datetime) -> None:
    store = MemoryStore()
    kind = make_kind(lambda key, deadline: key)
    SharedFacts(store).claim(kind, "a", Deadline.after(60))
    facts = make_facts(DaemonExecutor(1, "f"), FactCache(10), store)
    batch = facts.get_all(kind, ["a"], now, Deadline.after(0.2))
    assert (dict(batch.found), list(batch.failed)) == ({}, ["a"])
