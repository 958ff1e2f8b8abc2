"""What the providers of a cluster share, in Redis: the twin of marketdata.sharing.MemoryStore."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from redis.asyncio import Redis

from marketdata.sharing import Bucket, MemoryStore
from streams.layers import Operation, RedisUnavailable
from streams.shared_state import SharedState

T = TypeVar("T")

# KEYS: the bucket. ARGV: rate, burst, tokens wanted, tokens to leave, and the lifetime in
# milliseconds of a bucket that nobody looks at, by which it would be full again. The clock is
# Redis's own. An update that would change nothing is left out: looking is free.
_TAKE = """
local now = redis.call('TIME')
local at = tonumber(now[1]) + tonumber(now[2]) / 1000000
local present = redis.call('HMGET', KEYS[1], 'level', 'at')
local burst = tonumber(ARGV[2])
local level = tonumber(present[1]) or burst
local passed = math.max(0, at - (tonumber(present[2]) or at))
level = math.min(burst, level + passed * tonumber(ARGV[1]))
local granted = math.min(tonumber(ARGV[3]), math.max(0, math.floor(level - tonumber(ARGV[4]))))
if granted ~= 0 then
  redis.call('HSET', KEYS[1], 'level', string.format('%.6f', level - granted),
             'at', string.format('%.6f', at))
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
return {granted, string.format('%.6f', level - granted)}
"""


class RedisStore:
    """In Redis; while that is out of reach, in the memory of this process alone.

    What this process writes it keeps in memory as well, so that it remembers its own pauses
    when Redis is lost.
    """

    def __init__(self, shared: SharedState, prefix: str) -> None:
        self._shared = shared
        self._prefix = f"{prefix}:source:"
        self._memory = MemoryStore()

    def get_many(self, keys: Iterable[str]) -> Mapping[str, bytes]:
        keys = list(keys)

        async def get(redis: Redis) -> list[bytes | None]:
            return list(await redis.mget([self._prefix + key for key in keys]))

        if not keys:
            return {}
        values = self._run(get, lambda: list(map(self._memory.get_many(keys).get, keys)))
        return {key: value for key, value in zip(keys, values, strict=True) if value is not None}

    def put(self, key: str, value: bytes, ttl_seconds: float) -> None:
        async def put(redis: Redis) -> None:
            await redis.set(self._prefix + key, value, px=_milliseconds(ttl_seconds))

        self._memory.put(key, value, ttl_seconds)
        self._run(put, lambda: None)

    def delete(self, keys: Iterable[str]) -> None:
        keys = list(keys)

        async def delete(redis: Redis) -> None:
            await redis.delete(*(self._prefix + key for key in keys))

        if keys:
            self._memory.delete(keys)
            self._run(delete, lambda: None)

    def claim(self, key: str, ttl_seconds: float) -> bool:
        async def claim(redis: Redis) -> bool:
            name = self._prefix + key
            return bool(await redis.set(name, b"", nx=True, px=_milliseconds(ttl_seconds)))

        return self._run(claim, lambda: self._memory.claim(key, ttl_seconds))

    def take(self, bucket: Bucket, wanted: int, leave: float = 0.0) -> int:
        def take_here() -> tuple[int, float]:
            return self._memory.take(bucket, wanted, leave), 0.0

        return self._run(self._taking(bucket, wanted, leave), take_here)[0] if wanted else 0

    def level(self, bucket: Bucket) -> float:
        def look_here() -> tuple[int, float]:
            return 0, self._memory.level(bucket)

        return self._run(self._taking(bucket, 0, 0.0), look_here)[1]

    def _taking(self, bucket: Bucket, wanted: int, leave: float) -> Operation[tuple[int, float]]:
        name = f"{self._prefix}bucket:{bucket.name}"
        # Twice, for a debt of a whole burst.
        life = _milliseconds(2 * bucket.burst / bucket.rate + 1)

        async def take(redis: Redis) -> tuple[int, float]:
            arguments: list[float] = [bucket.rate, bucket.burst, wanted, leave, life]
            granted, level = await redis.eval(_TAKE, 1, name, *arguments)  # type: ignore[misc]
            return int(granted), float(level)

        return take

    def _run(self, operation: Operation[T], otherwise: Callable[[], T]) -> T:
        try:
            return self._shared.run(operation)
        except RedisUnavailable:
            return otherwise()


def _milliseconds(seconds: float) -> int:
    return max(1, round(1000 * seconds))
