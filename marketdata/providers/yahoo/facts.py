"""Fetching many things at once, and keeping the slow ones for as long as they are fresh."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from marketdata.deadlines import Deadline
from marketdata.errors import DeadlineExceeded, NotFound, ProviderError
from marketdata.executors import DaemonExecutor
from marketdata.providers.base import Batch
from marketdata.providers.yahoo.cache import FreshCache

K = TypeVar("K")
T = TypeVar("T")

UNKNOWN_FRESH_SECONDS = 300.0
# Kept back from the deadline for putting the results together, so that nobody is late.
_RESERVE_SECONDS = 0.05


def outcomes(futures: Mapping[K, Future[T]], deadline: Deadline) -> dict[K, T | ProviderError]:
    """What each future gave by the deadline; those that have not begun by then are dropped."""
    wait(futures.values(), timeout=max(0.0, deadline.remaining() - _RESERVE_SECONDS))
    results: dict[K, T | ProviderError] = {}
    for key, future in futures.items():
        outcome = _outcome(future)
        results[key] = outcome
    return results


def _outcome(future: Future[T]) -> T | ProviderError:
    future.cancel()
    if not future.done() or future.cancelled():
        return DeadlineExceeded("no answer before the deadline")
    try:
        return future.result()
    except ProviderError as error:
        return error


class Kind(msgspec.Struct, Generic[T], frozen=True):
    """A kind of slow fact: how one of its keys is fetched, and how long that stays fresh."""

    name: str
    fresh_seconds: float
    fetch: Callable[[str, Deadline], T]


class SlowFacts:
    """Facts by kind and key: from memory while fresh, else fetched, once for all who ask."""

    def __init__(self, executor: DaemonExecutor, cache: FreshCache) -> None:
        self._executor = executor
        self._cache = cache
        self._lock = threading.Lock()
        self._flights: dict[tuple[str, str], tuple[Future[Any], Deadline]] = {}

    def get_all(
        self, kind: Kind[T], keys: Iterable[str], now: datetime, deadline: Deadline
    ) -> Batch[T]:
        """The facts of `keys`; in neither part of the batch are those Yahoo does not know."""
        found: dict[str, T] = {}
        failed: dict[str, ProviderError] = {}
        flights = {}
        for key in dict.fromkeys(keys):
            kept = self._cache.get((kind.name, key), now)
            if kept is None:
                flights[key] = self._flight(kind, key, now, deadline)
            elif kept.value is not None:
                found[key] = kept.value
        for key, outcome in outcomes(flights, deadline).items():
            if isinstance(outcome, ProviderError):
                failed[key] = outcome
            elif outcome is not None:
                found[key] = outcome
        return Batch(found, failed)

    def lacking(self, kind: Kind[Any], keys: Iterable[str], now: datetime) -> list[str]:
        """The keys that would have to be fetched."""
        return [key for key in keys if self._cache.get((kind.name, key), now) is None]

    def _flight(
        self, kind: Kind[T], key: str, now: datetime, deadline: Deadline
    ) -> Future[T | None]:
        """The fetch of one fact that is under way, begun if need be."""
        flight_key = (kind.name, key)
        with self._lock:
            flight, its_deadline = self._flights.get(flight_key, (None, deadline))
            # One that must give up soon is of no use to those who can wait much longer.
            if flight is not None and its_deadline.remaining() >= deadline.remaining() / 2:
                return flight
            flight = self._executor.submit(self._fetch, kind, key, now, deadline)
            self._flights[flight_key] = (flight, deadline)
        # Outside of the lock: on a finished future it runs at once, in this thread.
        flight.add_done_callback(lambda landed: self._land(flight_key, landed))
        return flight

    def _land(self, flight_key: tuple[str, str], landed: Future[Any]) -> None:
        with self._lock:
            if self._flights.get(flight_key, (None,))[0] is landed:
                del self._flights[flight_key]

    def _fetch(self, kind: Kind[T], key: str, now: datetime, deadline: Deadline) -> T | None:
        """The fact, or None for one that Yahoo does not know; either is kept."""
        # Another fetch may have landed after the caller looked.
        kept = self._cache.get((kind.name, key), now)
        if kept is not None:
            fact: T | None = kept.value
            return fact
        try:
            fact = kind.fetch(key, deadline)
        except NotFound:
            self._cache.put((kind.name, key), None, now, UNKNOWN_FRESH_SECONDS)
            return None
        self._cache.put((kind.name, key), fact, now, kind.fresh_seconds)
        return fact
