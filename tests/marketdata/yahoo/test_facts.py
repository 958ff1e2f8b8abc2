"""Single flight: a fact that has just been fetched is not fetched again."""

from __future__ import annotations

import threading
from datetime import datetime

from marketdata.deadlines import Deadline
from marketdata.executors import DaemonExecutor
from marketdata.providers.yahoo.cache import FreshCache
from marketdata.providers.yahoo.facts import Kind, SlowFacts


def test_one_who_looked_just_before_a_fetch_landed_does_not_fetch_again(now: datetime) -> None:
    fetched: list[str] = []

    def fetch(key: str, deadline: Deadline) -> str:
        fetched.append(key)
        return key

    kind = Kind("kind", 60, fetch)
    cache = FreshCache(10)
    executor = DaemonExecutor(1, "facts")
    occupied = threading.Event()
    executor.submit(occupied.wait, 5)
    facts = SlowFacts(executor, cache)
    late = facts._flight(kind, "a", now, Deadline.after(5))
    cache.put((kind.name, "a"), "kept", now, 60)
    occupied.set()
    assert late.result(5) == "kept"
    assert not fetched


def test_a_fetch_about_to_give_up_is_not_joined(now: datetime) -> None:
    executor = DaemonExecutor(1, "facts")
    occupied = threading.Event()
    executor.submit(occupied.wait, 5)
    facts = SlowFacts(executor, FreshCache(10))
    kind = Kind("kind", 60, lambda key, deadline: key)
    short = facts._flight(kind, "a", now, Deadline.after(0.5))
    assert facts._flight(kind, "a", now, Deadline.after(0.5)) is short
    patient = facts._flight(kind, "a", now, Deadline.after(5))
    assert patient is not short
    assert facts._flight(kind, "a", now, Deadline.after(5)) is patient
    occupied.set()
    assert patient.result(5) == "a"
