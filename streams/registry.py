"""The registry: which subscriptions have listeners, held by leases that expire by themselves."""

from __future__ import annotations

import threading
from collections.abc import Collection
from functools import lru_cache
from typing import Protocol

from redis.asyncio import Redis

from marketdata.errors import InvalidSymbol
from streams.shared_state import SharedState
from streams.subscriptions import Subscription, parse_key


class Registry(Protocol):
    """The leases: "there are listeners for this subscription until then". Times: Unix seconds."""

    def renew(self, subscriptions: Collection[Subscription], now: float) -> None:
        """Take or prolong the leases of these."""

    def release(self, subscriptions: Collection[Subscription]) -> None:
        """Give up the leases of these: nobody listens here any more."""

    def active(self, now: float) -> frozenset[Subscription]:
        """Every subscription whose lease has not expired."""


class MemoryRegistry:
    """The leases of a single process."""

    def __init__(self, lease_seconds: float) -> None:
        self._lease_seconds = lease_seconds
        self._expires_at: dict[Subscription, float] = {}
        self._lock = threading.Lock()

    def renew(self, subscriptions: Collection[Subscription], now: float) -> None:
        with self._lock:
            self._expires_at.update(dict.fromkeys(subscriptions, now + self._lease_seconds))

    def release(self, subscriptions: Collection[Subscription]) -> None:
        with self._lock:
            for subscription in subscriptions:
                self._expires_at.pop(subscription, None)

    def active(self, now: float) -> frozenset[Subscription]:
        with self._lock:
            expired = [s for s, expires_at in self._expires_at.items() if expires_at <= now]
            for subscription in expired:
                del self._expires_at[subscription]
            return frozenset(self._expires_at)


class RedisRegistry:
    """The leases of a cluster: one sorted set of subscription keys, scored by expiry.

    Every method raises RedisUnavailable.
    """

    def __init__(self, shared: SharedState, prefix: str, lease_seconds: float) -> None:
        self._shared = shared
        self._key = f"{prefix}:leases"
        self._lease_seconds = lease_seconds

    def renew(self, subscriptions: Collection[Subscription], now: float) -> None:
        expiries = {s.key: now + self._lease_seconds for s in subscriptions}

        async def renew(redis: Redis) -> None:
            await redis.zadd(self._key, expiries, gt=True)

        if expiries:
            self._shared.run(renew)

    def release(self, subscriptions: Collection[Subscription]) -> None:
        """Nothing: other processes may hold the same lease, and it expires by itself."""

    def active(self, now: float) -> frozenset[Subscription]:
        async def active(redis: Redis) -> list[bytes]:
            pipeline = redis.pipeline(transaction=False)
            pipeline.zremrangebyscore(self._key, "-inf", now)
            pipeline.zrange(self._key, 0, -1)
            _, keys = await pipeline.execute()
            return list(keys)

        return frozenset(s for key in self._shared.run(active) if (s := _parse(key)) is not None)


@lru_cache(maxsize=10_000)
def _parse(key: bytes) -> Subscription | None:
    """None for a key that another release may understand."""
    try:
        return parse_key(key.decode())
    except (ValueError, InvalidSymbol):
        return None
