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
        self._lock = threading.Lock()

    def put(self, snapshots: Collection[Snapshot]) -> None:
        with self._lock:
            for snapshot in snapshots:
                present = self._snapshots.get(snapshot.subscription)
                if present is None or present.made_at <= snapshot.made_at:
                    self._snapshots[snapshot.subscription] = snapshot
            self._drop_old()

    def get(
        self, subscriptions: Collection[Subscription], not_before: float
    ) -> Mapping[Subscription, Snapshot]:
        with self._lock:
            kept = [self._snapshots[s] for s in subscriptions if s in self._snapshots]
        return _by_subscription(kept, not_before)

    def _drop_old(self) -> None:
        newest = max((kept.made_at for kept in self._snapshots.values()), default=0.0)
        oldest = newest - self._keep_seconds
        for subscription in [s for s, kept in self._snapshots.items() if kept.made_at < oldest]:
            del self._snapshots[subscription]


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
            values = self._shared.run(get)
        except RedisUnavailable:
            return {}
        kept = [
            Snapshot(subscription, payload, made_at)
            for subscription, value in zip(subscriptions, values, strict=True)
            if value is not None
            for made_at, payload in [msgspec.msgpack.decode(value, type=tuple[float, str])]
        ]
        return _by_subscription(kept, not_before)

    def _key(self, subscription: Subscription) -> str:
        return f"{self._prefix}:snapshot:{subscription.group}"


def _by_subscription(
    snapshots: Iterable[Snapshot], not_before: float
) -> dict[Subscription, Snapshot]:
    return {kept.subscription: kept for kept in snapshots if kept.made_at >= not_before}
