"""Claims: who refreshes this tick, and who fetches for a newcomer, so that only one does."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import msgspec
from redis.asyncio import Redis

from streams.shared_state import SharedState
from streams.subscriptions import Subscription


class Claimant(msgspec.Struct, frozen=True):
    """Who claims: `source` is one of SOURCES, `holder` tells those of the same kind apart."""

    source: str
    holder: str


LOCAL = "local"
TAKEOVER = "takeover"
CELERY = "celery"
SOURCES = (LOCAL, TAKEOVER, CELERY)

# A claim outlives its tick by a little: as long as it is renewed every tick nobody weaker
# steps in, and when it is not, somebody soon may.
CLAIM_TICKS = 1.25
# A second beat or worker cannot make a second refresh before this much of the tick is over.
SAME_TICK_SHARE = 0.8

# KEYS: the claim. ARGV: rank and holder of the claimant, its lifetime and the time within which
# an equal claim is one of the same tick (both in milliseconds).
_CLAIM = """
local now = redis.call('TIME')
local at = now[1] * 1000 + math.floor(now[2] / 1000)
local present = redis.call('HMGET', KEYS[1], 'rank', 'holder', 'at')
if present[1] and present[2] ~= ARGV[2] then
  local rank = tonumber(present[1])
  local mine = tonumber(ARGV[1])
  local is_same_tick = at - tonumber(present[3]) < tonumber(ARGV[4])
  if rank > mine or (rank == mine and is_same_tick) then
    return 0
  end
end
redis.call('HSET', KEYS[1], 'rank', ARGV[1], 'holder', ARGV[2], 'at', at)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""


def claim_key(prefix: str, shard: int) -> str:
    """Where in Redis the claim to a shard's tick is kept, while there is one."""
    return f"{prefix}:tick:{shard}"


class Claims(Protocol):
    """Where claims are made."""

    def claim_tick(self, shard: int, claimant: Claimant) -> bool:
        """Whether this tick's refresh of the shard is the claimant's."""

    def claim_first(self, subscriptions: Collection[Subscription]) -> set[Subscription]:
        """Those of the subscriptions whose first data the caller is to fetch."""


class MemoryClaims:
    """Of a process that shares with nobody: everything is its own."""

    def claim_tick(self, shard: int, claimant: Claimant) -> bool:
        return True

    def claim_first(self, subscriptions: Collection[Subscription]) -> set[Subscription]:
        return set(subscriptions)


class RedisClaims:
    """Of a cluster. Every method raises RedisUnavailable.

    Celery's claim goes before a takeover's. Of two equal ones the first wins the tick; a
    takeover, once made, stays with its process until that stops renewing it.
    """

    def __init__(self, shared: SharedState, prefix: str, interval_seconds: float) -> None:
        self._shared = shared
        self._prefix = prefix
        self._tick_ms = round(1000 * interval_seconds)

    def claim_tick(self, shard: int, claimant: Claimant) -> bool:
        life_ms = round(self._tick_ms * CLAIM_TICKS)
        same_tick_ms = (
            round(self._tick_ms * SAME_TICK_SHARE) if claimant.source == CELERY else life_ms
        )
        rank = SOURCES.index(claimant.source)
        key = claim_key(self._prefix, shard)

        async def claim(redis: Redis) -> bool:
            arguments: list[str | int] = [rank, claimant.holder, life_ms, same_tick_ms]
            return bool(await redis.eval(_CLAIM, 1, key, *arguments))  # type: ignore[misc]

        return self._shared.run(claim)

    def claim_first(self, subscriptions: Collection[Subscription]) -> set[Subscription]:
        async def claim(redis: Redis) -> list[bool | None]:
            pipeline = redis.pipeline(transaction=False)
            for subscription in subscriptions:
                key = f"{self._prefix}:first:{subscription.group}"
                pipeline.set(key, "", nx=True, px=self._tick_ms)
            return list(await pipeline.execute())

        won = self._shared.run(claim)
        return {s for s, is_mine in zip(subscriptions, won, strict=True) if is_mine}
