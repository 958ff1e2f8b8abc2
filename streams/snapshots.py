"""Snapshots: the last payload of each subscription, so that a newcomer need not wait."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

import msgspec
from redis.asyncio import Redis

from streams.layers import RedisUnavailable
from streams.shared_state import SharedState
from streams.subscriptions import Subscription


class Snapshot(msgspec.Struct, frozen=True):
    """A subscription's payload (JSON text) and when its refresh began (Unix seconds)."""

    subscription: Subscription
    payload: str
    made_at: float


def is_behind(made_at: float, other_made_at: float, seconds: float) -> bool:
    """Whether what was made at `made_at` repeats, or comes after, what was made later.

    Only within so many seconds: nothing is under way for longer, and what seems older still was
    made by a host whose clock is behind, or after the clock was set back. It is news.
    """
    return 0 <= other_made_at - made_at < seconds


class Snapshots(Protocol):
    """Where snapshots are kept."""

    def put(self, snapshots: Collection[Snapshot]) -> None:
        """Keep them for newcomers."""

    def get(
        self, subscriptions: Collection[Subscription], not_before: float
    ) -> Mapping[Subscription, Snapshot]:
        """Their snapshots made at `not_before` (Unix seconds) or later; those there are."""


class MemorySnapshots:
    """The snapshots of this process; those older than `keep_seconds` are dropped."""

    def __init__(self, keep_seconds: float) -> None:
        self._keep_seconds = keep_seconds
        self._snapshots: dict[Subscription, Snapshot] = {}
        self._swept_at = 0.0
        self._lock = threading.Lock()

    def put(self, snapshots: Collection[Snapshot]) -> None:
        with self._lock:
            for snapshot in snapshots:
                present = self._snapshots.get(snapshot.subscription)
                if present is None or not self._is_behind(snapshot, present):
                    self._snapshots[snapshot.subscription] = snapshot
            if snapshots:
                self._drop_others(max(snapshot.made_at for snapshot in snapshots))

    def get(
        self, subscriptions: Collection[Subscription], not_before: float
    ) -> Mapping[Subscription, Snapshot]:
        with self._lock:
            kept = [self._snapshots[s] for s in subscriptions if s in self._snapshots]
        return _by_subscription(kept, not_before)

    def _is_behind(self, snapshot: Snapshot, present: Snapshot) -> bool:
        return is_behind(snapshot.made_at, present.made_at, self._keep_seconds)

    def _drop_others(self, now: float) -> None:
        """Those of long ago, and those of the future: the clock was set back.

        Now and then only: many may be kept, and a few put at a time.
        """
        if abs(now - self._swept_at) <= self._keep_seconds:
            return
        self._swept_at = now
        self._snapshots = {
            subscription: kept
            for subscription, kept in self._snapshots.items()
            if abs(kept.made_at - now) <= self._keep_seconds
        }


class RedisSnapshots:
    """The snapshots of a cluster. Without Redis there are none, and that is no error."""

    def __init__(self, shared: SharedState, prefix: str, keep_seconds: float) -> None:
        self._shared = shared
        self._prefix = prefix
        self._keep_ms = round(1000 * keep_seconds)

    def put(self, snapshots: Collection[Snapshot]) -> None:
        async def put(redis: Redis) -> None:
            pipeline = redis.pipeline(transaction=False)
            for snapshot in snapshots:
                value = msgspec.msgpack.encode((snapshot.made_at, snapshot.payload))
                pipeline.set(self._key(snapshot.subscription), value, px=self._keep_ms)
            await pipeline.execute()

        with contextlib.suppress(RedisUnavailable):
            self._shared.run(put)

    def get(
        self, subscriptions: Collection[Subscription], not_before: float
    ) -> Mapping[Subscription, Snapshot]:
        async def get(redis: Redis) -> list[bytes | None]:
            return list(await redis.mget([self._key(s) for s in subscriptions]))

        try:
            values = self._shared.run(get) if subscriptions else []
        except RedisUnavailable:
            return {}
        found = map(_parse, subscriptions, values)
        return _by_subscription((kept for kept in found if kept is not None), not_before)

    def _key(self, subscription: Subscription) -> str:
        return f"{self._prefix}:snapshot:{subscription.group}"


def _parse(subscription: Subscription, value: bytes | None) -> Snapshot | None:
    """None also for what another release has written in another way."""
    if value is None:
        return None
    try:
        made_at, payload = msgspec.msgpack.decode(value, type=tuple[float, str])
    except msgspec.DecodeError:
        return None
    return Snapshot(subscription, payload, made_at)


def _by_subscription(
    snapshots: Iterable[Snapshot], not_before: float
) -> dict[Subscription, Snapshot]:
    return {kept.subscription: kept for kept in snapshots if kept.made_at >= not_before}
