"""The limits of a cluster: counted in Redis, and in the process while Redis is gone.

Nothing per connection lives in Redis: for each bucket the day's count, and how many connections
each process has. Not the `limits` library: its storages open connections of their own, and a
process of ours has two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextvars import Context
from uuid import uuid4

from redis.asyncio import Redis

from streams.layers import RedisUnavailable
from streams.limits import (
    DAY_SECONDS,
    MemoryLimits,
    Quota,
    Usage,
    too_many,
    too_many_connections,
    too_many_today,
)
from streams.shared_state import RunsOperations

# How long a process that died still counts; live ones say so again every few seconds.
HOLD_SECONDS = 15.0
# Connections that end together are told together.
TELL_AFTER_SECONDS = 0.05
BATCH = 500

# KEYS: the window. ARGV: its milliseconds.
_HIT = """
local used = redis.call('INCR', KEYS[1])
if used == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {used, redis.call('PTTL', KEYS[1])}
"""

# KEYS: the day's count, the live connections by process. ARGV: this process, how many it will
# have, how many all may have, how many a day, how many are known to be used and for how many
# milliseconds more, and the milliseconds of a day and of a hold.
_ENTER = """
local now = redis.call('TIME')
local at = now[1] * 1000 + math.floor(now[2] / 1000)
local live = tonumber(ARGV[2])
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  local count, ends_at = string.match(all[i + 1], '(%d+):(%d+)')
  if tonumber(ends_at) < at then
    redis.call('HDEL', KEYS[2], all[i])
  elseif all[i] ~= ARGV[1] then
    live = live + tonumber(count)
  end
end
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local left = redis.call('PTTL', KEYS[1])
if tonumber(ARGV[5]) > used then
  used, left = tonumber(ARGV[5]), tonumber(ARGV[6])
end
if live > tonumber(ARGV[3]) then return {1, used, left, live} end
if used >= tonumber(ARGV[4]) then return {2, used, left, live} end
if left <= 0 then left = tonumber(ARGV[7]) end
redis.call('SET', KEYS[1], used + 1, 'PX', left)
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. ':' .. string.format('%.0f', at + ARGV[8]))
redis.call('PEXPIRE', KEYS[2], ARGV[8])
return {0, used + 1, left, live}
"""

# KEYS: the live connections of some buckets. ARGV: this process, the milliseconds of a hold,
# then how many connections of each bucket this process has.
_HOLD = """
local now = redis.call('TIME')
local ends_at = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[2])
for i, key in ipairs(KEYS) do
  if ARGV[i + 2] == '0' then
    redis.call('HDEL', key, ARGV[1])
  else
    redis.call('HSET', key, ARGV[1], ARGV[i + 2] .. ':' .. ends_at)
    redis.call('PEXPIRE', key, ARGV[2])
  end
end
"""

# KEYS: the day's count, the live connections by process.
_USAGE = """
local now = redis.call('TIME')
local at = now[1] * 1000 + math.floor(now[2] / 1000)
local live = 0
for _, value in ipairs(redis.call('HVALS', KEYS[2])) do
  local count, ends_at = string.match(value, '(%d+):(%d+)')
  if tonumber(ends_at) >= at then live = live + tonumber(count) end
end
return {tonumber(redis.call('GET', KEYS[1]) or '0'), redis.call('PTTL', KEYS[1]), live}
"""


class RedisLimits:
    """Of a cluster. What Redis says is also kept here, to go on with while Redis is gone."""

    def __init__(self, connection: RunsOperations, prefix: str, timeout_seconds: float) -> None:
        self._connection = connection
        self._prefix = prefix
        self._timeout_seconds = timeout_seconds
        self._memory = MemoryLimits()
        self._me = uuid4().hex
        self._untold: set[str] = set()
        self._telling: asyncio.Task[None] | None = None

    async def hit(self, bucket: str, limit: int, seconds: float) -> None:
        if self.is_exhausted(bucket, limit):
            # Redis is spared those who go on trying.
            await self._memory.hit(bucket, limit, seconds)

        async def hit(redis: Redis) -> list[int]:
            key, window_ms = f"{self._prefix}:hits:{bucket}", round(1000 * seconds)
            return list(await redis.eval(_HIT, 1, key, window_ms))  # type: ignore[misc]

        try:
            used, left_ms = await self._connection.run(hit, self._timeout_seconds)
        except RedisUnavailable:
            await self._memory.hit(bucket, limit, seconds)
            return
        self._memory.windows.set(bucket, used, left_ms / 1000)
        if used > limit:
            raise too_many(limit, seconds, left_ms / 1000)

    def is_exhausted(self, bucket: str, limit: int) -> bool:
        return self._memory.is_exhausted(bucket, limit)

    async def enter(self, quota: Quota) -> Usage:
        # Counted before Redis is asked: of several who enter here at once each sees the others.
        self._memory.live[quota.bucket] += 1
        try:
            refused, usage = await self._enter(quota)
        except RedisUnavailable:
            await self._memory.leave(quota.bucket)
            return await self._memory.enter(quota)
        except BaseException:
            await self.leave(quota.bucket)
            raise
        if refused:
            await self.leave(quota.bucket)
            too_much = too_many_connections(quota), too_many_today(quota, usage.reset_seconds)
            raise too_much[refused - 1]
        self._memory.days.set(quota.bucket, usage.used_today, usage.reset_seconds)
        return usage

    async def _enter(self, quota: Quota) -> tuple[int, Usage]:
        used, left = self._memory.days.get(quota.bucket)
        arguments: list[str | int] = [
            self._me,
            self._memory.live[quota.bucket],
            quota.max_connections,
            quota.per_day,
            used,
            round(1000 * left),
            round(1000 * DAY_SECONDS),
            round(1000 * HOLD_SECONDS),
        ]

        async def enter(redis: Redis) -> list[int]:
            keys = self._day_key(quota.bucket), self._live_key(quota.bucket)
            return list(await redis.eval(_ENTER, 2, *keys, *arguments))  # type: ignore[misc]

        refused, used, left_ms, live = await self._connection.run(enter, self._timeout_seconds)
        return refused, Usage(used, max(0, left_ms) / 1000, live)

    async def leave(self, bucket: str) -> None:
        await self._memory.leave(bucket)
        self._untold.add(bucket)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_soon(), context=Context())

    async def renew(self) -> None:
        self._untold.update(self._memory.live)
        await self._tell()

    async def _tell_soon(self) -> None:
        await asyncio.sleep(TELL_AFTER_SECONDS)
        await self._tell()

    async def _tell(self) -> None:
        """What is not told now is told by a later renewal, or expires."""
        buckets, self._untold = sorted(self._untold), set()
        for start in range(0, len(buckets), BATCH):
            batch = buckets[start : start + BATCH]
            try:
                await self._hold(batch)
            except RedisUnavailable:
                self._untold.update(buckets[start:])
                return

    async def _hold(self, buckets: list[str]) -> None:
        async def hold(redis: Redis) -> None:
            keys = [self._live_key(bucket) for bucket in buckets]
            counts = [self._memory.live.get(bucket, 0) for bucket in buckets]
            arguments: list[str | int] = [self._me, round(1000 * HOLD_SECONDS), *counts]
            await redis.eval(_HOLD, len(keys), *keys, *arguments)  # type: ignore[misc]

        await self._connection.run(hold, self._timeout_seconds)

    async def usage(self, buckets: Collection[str]) -> dict[str, Usage]:
        async def usage(redis: Redis) -> list[list[int]]:
            pipeline = redis.pipeline(transaction=False)
            for bucket in buckets:
                pipeline.eval(_USAGE, 2, self._day_key(bucket), self._live_key(bucket))
            return list(await pipeline.execute())

        try:
            answers = await self._connection.run(usage, self._timeout_seconds)
        except RedisUnavailable:
            return await self._memory.usage(buckets)
        return {
            bucket: Usage(used, max(0, left_ms) / 1000, live)
            for bucket, (used, left_ms, live) in zip(buckets, answers, strict=True)
        }

    def _day_key(self, bucket: str) -> str:
        return f"{self._prefix}:day:{bucket}"

    def _live_key(self, bucket: str) -> str:
        return f"{self._prefix}:live:{bucket}"
