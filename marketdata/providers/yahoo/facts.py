"""Slow facts: kept while fresh, fetched once for the cluster, and standing in when that fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from marketdata.clock import Clock
from marketdata.deadlines import Deadline
from marketdata.errors import BudgetSpent, DeadlineExceeded, NotFound, ProviderError
from marketdata.executors import DaemonExecutor
from marketdata.providers.base import Batch
from marketdata.providers.yahoo.cache import FactCache, Kept
from marketdata.providers.yahoo.guard import Guard
from marketdata.providers.yahoo.kinds import Kind
from marketdata.providers.yahoo.outcomes import outcomes
from marketdata.providers.yahoo.shared_facts import SharedFacts

T = TypeVar("T")

UNKNOWN_SECONDS = 300.0
POLL_SECONDS = 0.1
# As many facts as one or two newcomers need.
FEW = 2
_MAX_REMEMBERED = 60_000


class SlowFacts:
    """Facts by kind and key: kept ones, else those of other processes, else Yahoo's."""

    def __init__(
        self,
        executor: DaemonExecutor,
        cache: FactCache,
        shared: SharedFacts,
        guard: Guard,
        clock: Clock,
    ) -> None:
        self._executor = executor
        self._cache = cache
        self._shared = shared
        self._guard = guard
        self._clock = clock
        self._lock = threading.Lock()
        self._flights: dict[tuple[str, str], tuple[Future[Any], Deadline]] = {}
        self._asked: dict[tuple[str, str], int] = {}
        self._turn = 0

    def get_all(
        self,
        kind: Kind[T],
        keys: Iterable[str],
        now: datetime,
        deadline: Deadline,
        worth_asking: Callable[[list[str]], list[str]] = list,
    ) -> Batch[T]:
        """The facts of `keys`. Skipped are those that are kept, those not `worth_asking` for,
        and, of a kind with a limit per call, those whose turn has not come."""
        keys = tuple(dict.fromkeys(keys))
        lacking = self._lacking(kind, keys, now)
        if lacking:
            self._load(kind, lacking, now)
            lacking = self._lacking(kind, lacking, now)
        flights, failed = self._fly(kind, lacking, now, deadline, worth_asking)
        found: dict[str, T] = {}
        for key, outcome in outcomes(flights, deadline).items():
            if isinstance(outcome, ProviderError):
                failed[key] = outcome
            elif outcome is not None:
                found[key] = outcome
        for key in keys:
            kept = None if key in found else self._cache.get((kind.name, key), now)
            if kept is not None and kept.value is not None:
                found[key] = kept.value
        answered = {key for key in flights if key not in failed}
        failed = {key: error for key, error in failed.items() if key not in found}
        return Batch(found, failed, frozenset(keys) - answered - failed.keys())

    def _fly(
        self,
        kind: Kind[T],
        lacking: list[str],
        now: datetime,
        deadline: Deadline,
        worth_asking: Callable[[list[str]], list[str]],
    ) -> tuple[dict[str, Future[T | None]], dict[str, ProviderError]]:
        """The fetches that are under way or may begin, and why the others may not."""
        # Longest not asked first, so that one that keeps failing holds up no other.
        lacking.sort(key=lambda key: self._asked.get((kind.name, key), 0))
        lacking = lacking[: kind.per_call]
        flights = {key: flight for key in lacking if (flight := self._joined(kind, key, deadline))}
        rest = [key for key in lacking if key not in flights]
        if len(rest) > FEW:
            rest = worth_asking(rest)
        if rest and not deadline.remaining():
            late = DeadlineExceeded(f"no time left for {kind.name}")
            return flights, dict.fromkeys(rest, late)
        room = max(self._guard.breakers.room(group) for group in kind.groups) if rest else 0
        granted = self._guard.budget.take_for_facts(min(len(rest), room))
        # Of a few the calls are paid for before: other facts must not be quicker.
        worth = rest if len(rest) > FEW else [*worth_asking(rest[:granted]), *rest[granted:]]
        self._guard.budget.give_back(len(rest) - len(worth))
        granted, rest = granted - len(rest) + len(worth), worth
        for key in rest[:granted]:
            flights[key] = self._flight(kind, key, now, deadline)
        self._remember(kind, rest[:granted])
        why = (
            BudgetSpent(f"{kind.name}: the budget is spent")
            if room
            else self._guard.breakers.paused(kind.groups[0], kind.name)
        )
        return flights, dict.fromkeys(rest[granted:], why)

    def _remember(self, kind: Kind[Any], keys: Collection[str]) -> None:
        with self._lock:
            self._turn += 1
            for key in keys:
                # Put last, so that the first are those asked for the longest ago.
                self._asked.pop((kind.name, key), None)
                self._asked[kind.name, key] = self._turn
            for old in list(islice(self._asked, max(0, len(self._asked) - _MAX_REMEMBERED))):
                del self._asked[old]

    def _lacking(self, kind: Kind[Any], keys: Iterable[str], now: datetime) -> list[str]:
        """The keys without a fresh fact."""
        return [key for key in keys if self._fresh(kind, key, now) is None]

    def _fresh(self, kind: Kind[Any], key: str, now: datetime) -> Kept | None:
        kept = self._cache.get((kind.name, key), now)
        if kept is None or kept.age_seconds(now) >= min(kept.keep_seconds, kind.fresh_for(now)):
            return None
        return kept

    def _load(self, kind: Kind[Any], keys: Collection[str], now: datetime) -> None:
        """Keep what others have fetched later than we have."""
        for key, theirs in self._shared.get_many(kind, keys).items():
            ours = self._cache.get((kind.name, key), now)
            if ours is None or ours.stored_at < theirs.stored_at:
                self._cache.put((kind.name, key), theirs)

    def _joined(self, kind: Kind[T], key: str, deadline: Deadline) -> Future[T | None] | None:
        with self._lock:
            return self._under_way(kind, key, deadline)

    def _under_way(self, kind: Kind[T], key: str, deadline: Deadline) -> Future[T | None] | None:
        flight, its_deadline = self._flights.get((kind.name, key), (None, deadline))
        # One that must give up soon is of no use to those who can wait much longer.
        return flight if its_deadline.remaining() >= deadline.remaining() / 2 else None

    def _flight(
        self, kind: Kind[T], key: str, now: datetime, deadline: Deadline
    ) -> Future[T | None]:
        """The fetch of one fact, begun unless somebody has since."""
        flight_key = (kind.name, key)
        with self._lock:
            flight = self._under_way(kind, key, deadline)
            if flight is not None:
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
        """The fact, or None for one that Yahoo does not know; either is kept and shared."""
        while not self._shared.claim(kind, key, deadline):
            if deadline.remaining() <= POLL_SECONDS:
                raise DeadlineExceeded(f"{kind.name}: another process fetches it")
            self._clock.sleep(POLL_SECONDS)
        try:
            # Another fetch, here or elsewhere, may have landed after the caller looked.
            kept = self._fresh(kind, key, now)
            if kept is None:
                self._load(kind, [key], now)
                kept = self._fresh(kind, key, now) or self._ask(kind, key, now, deadline)
        finally:
            self._shared.release(kind, key)
        value: T | None = kept.value
        return value

    def _ask(self, kind: Kind[Any], key: str, now: datetime, deadline: Deadline) -> Kept:
        try:
            kept = Kept(kind.fetch(key, deadline), now, kind.stale_seconds)
        except NotFound:
            kept = Kept(None, now, UNKNOWN_SECONDS)
        self._cache.put((kind.name, key), kept)
        self._shared.put(kind, key, kept)
        return kept
