"""Snapshots: the last payload of each subscription, so that a newcomer need not wait."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Protocol

import msgspec

from streams.subscriptions import Subscription


class Snapshot(msgspec.Struct, frozen=True):
    """A subscription's payload (JSON text) and when its refresh began (Unix seconds)."""

    subscription: Subscription
    payload: str
    made_at: float


class Snapshots(Protocol):
    """Where snapshots are kept."""

    def put(self, snapshots: Iterable[Snapshot]) -> None:
        """Keep them, each unless a newer one of its subscription is there already."""

    def get(self, subscription: Subscription, not_before: float) -> Snapshot | None:
        """The snapshot made at `not_before` (Unix seconds) or later, if there is one."""


class MemorySnapshots:
    """The snapshots of this process; those older than `keep_seconds` are dropped."""

    def __init__(self, keep_seconds: float) -> None:
        self._keep_seconds = keep_seconds
        self._snapshots: dict[Subscription, Snapshot] = {}
        self._lock = threading.Lock()

    def put(self, snapshots: Iterable[Snapshot]) -> None:
        with self._lock:
            for snapshot in snapshots:
                present = self._snapshots.get(snapshot.subscription)
                if present is None or present.made_at <= snapshot.made_at:
                    self._snapshots[snapshot.subscription] = snapshot
            self._drop_old()

    def get(self, subscription: Subscription, not_before: float) -> Snapshot | None:
        snapshot = self._snapshots.get(subscription)
        return snapshot if snapshot and snapshot.made_at >= not_before else None

    def _drop_old(self) -> None:
        newest = max((kept.made_at for kept in self._snapshots.values()), default=0.0)
        oldest = newest - self._keep_seconds
        for subscription in [s for s, kept in self._snapshots.items() if kept.made_at < oldest]:
            del self._snapshots[subscription]
