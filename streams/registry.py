"""The registry: which subscriptions have listeners, held by leases that expire by themselves."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from typing import Protocol

from redis.asyncio import Redis

from marketdata.errors import InvalidSymbol
from streams.shared_state import SharedState
from streams.subscriptions import Subscription, parse_key

# Renewed by one command: while it runs nobody else is served, and Lua unpacks 8,000 values at most.
BATCH_SIZE = 1000

# Both go by Redis's clock: hosts need not agree on the time, and one that is wrong ends nobody
# else's leases. KEYS: the leases. ARGV of the first: how long they last in milliseconds, then
# the subscriptions' keys.
_RENEW = """
local now = redis.call('TIME')
local expires_at = now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[1]
local leases = {}
for i = 2, #ARGV do
  leases[2 * i - 3] = expires_at
  leases[2 * i - 2] = ARGV[i]
end
redis.call('ZADD', KEYS[1], unpack(leases))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
"""
_ACTIVE = """
local now = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now[1] * 1000 + math.floor(now[2] / 1000))
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""


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

    `renew` and `active` raise RedisUnavailable.
    """

    def __init__(self, shared: SharedState, prefix: str, lease_seconds: float) -> None:
        self._shared = shared
        self._key = f"{prefix}:leases"
        self._lease_ms = round(1000 * lease_seconds)
        # What the last look has read: nearly all of it is there again at the next one.
        self._known: Mapping[bytes, Subscription | None] = {}

    def renew(self, subscriptions: Collection[Subscription], now: float) -> None:
        keys = [subscription.key for subscription in subscriptions]

        async def renew(redis: Redis) -> None:
            for start in range(0, len(keys), BATCH_SIZE):
                batch = keys[start : start + BATCH_SIZE]
                await redis.eval(_RENEW, 1, self._key, self._lease_ms, *batch)  # type: ignore[misc]

        if keys:
            self._shared.run(renew)

    def release(self, subscriptions: Collection[Subscription]) -> None:
        """Nothing: other processes may hold the same lease, and it expires by itself."""

    def active(self, now: float) -> frozenset[Subscription]:
        async def active(redis: Redis) -> list[bytes]:
            return list(await redis.eval(_ACTIVE, 1, self._key))  # type: ignore[misc]

        known = self._known
        read = {
            key: known[key] if key in known else _parse(key) for key in self._shared.run(active)
        }
        self._known = read
        return frozenset(s for s in read.values() if s is not None)


def _parse(key: bytes) -> Subscription | None:
    """None for a key that another release may understand."""
    try:
        return parse_key(key.decode())
    except (ValueError, InvalidSymbol):
        return None
