"""Other commands of the process on the layer's own connection, so that two are enough for all."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from streams.failover import is_failover

from .connection import REDIS_ERRORS, ServerSilent, drop_connections, timeout_after
from .health import LinkHealth

T = TypeVar("T")

Operation = Callable[[Redis], Awaitable[T]]


class RedisUnavailable(Exception):
    """Redis could not be asked, did not answer in time, or refused. Retry later."""


class Commands:
    """Runs operations one at a time; `lock` is the publisher's, which uses the connection too.

    `on_lost()` is called when the server does not answer.
    """

    def __init__(
        self, redis: Redis, lock: asyncio.Lock, health: LinkHealth, on_lost: Callable[[], None]
    ) -> None:
        self._redis = redis
        self._lock = lock
        self._health = health
        self._on_lost = on_lost

    async def run(self, operation: Operation[T], timeout_seconds: float) -> T:
        """What `operation(redis)` gives. Raises RedisUnavailable; while Redis is lost, at once.

        The wait for its turn and the operation may each take `timeout_seconds`.
        """
        if not self._health.can_publish:
            raise RedisUnavailable(f"Redis {self._health.server} is lost")
        await self._wait_for_turn(timeout_seconds)
        try:
            async with timeout_after(timeout_seconds):
                result = await operation(self._redis)
        except REDIS_ERRORS as error:
            if isinstance(error, ResponseError) and not is_failover(error):
                # It answers, but will not, for example out of memory.
                self._health.refused.count(f"the last: {error}")
                raise RedisUnavailable(f"Redis {self._health.server} refuses: {error}") from error
            await self._lose(error)
            raise RedisUnavailable(f"Redis {self._health.server} is lost: {error}") from error
        finally:
            self._lock.release()
        self._health.restored("publish")
        return result

    async def _lose(self, error: Exception) -> None:
        self._health.lost("publish", error)
        if is_failover(error):
            await drop_connections(self._redis)
        self._on_lost()

    async def _wait_for_turn(self, timeout_seconds: float) -> None:
        """Not part of the operation: a server that is kept busy by others is not lost."""
        try:
            async with timeout_after(timeout_seconds):
                await self._lock.acquire()
        except ServerSilent as error:
            raise RedisUnavailable(f"Redis {self._health.server} is busy") from error
