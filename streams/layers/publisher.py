"""The way out to one Redis server: pipelined PUBLISH on one connection, never raising."""

import asyncio
from collections.abc import Callable, Sequence

from redis.asyncio import Redis

from streams.failover import is_failover

from .connection import REDIS_ERRORS, drop_connections, timeout_after
from .health import LinkHealth

# Bounds what one pipeline holds in memory a second time.
BATCH_SIZE = 1000

Publication = tuple[str, bytes]


class Publisher:
    """Publishes to one server; what cannot be published is counted and dropped.

    `on_lost()` is called when an attempt fails, but not when a probe does.
    """

    def __init__(
        self, redis: Redis, timeout: float, health: LinkHealth, on_lost: Callable[[], None]
    ) -> None:
        self._redis = redis
        self._health = health
        self._on_lost = on_lost
        self._timeout = timeout
        # One at a time: the pool would open a connection for each concurrent command.
        self.lock = asyncio.Lock()

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Publish all, in order, in one round trip; give up after `timeout` seconds."""
        async with self.lock:
            for start in range(0, len(publications), BATCH_SIZE):
                batch = publications[start : start + BATCH_SIZE]
                if not self._health.can_publish:
                    self._health.unpublished += len(batch)
                elif not await self._attempt(batch):
                    self._health.unpublished += len(batch)
                    self._on_lost()

    async def probe(self, publication: Publication) -> None:
        """Try again after a failure, with a publication that nobody misses."""
        async with self.lock:
            await self._attempt([publication])

    async def _attempt(self, batch: Sequence[Publication]) -> bool:
        try:
            async with timeout_after(self._timeout):
                await self._execute(batch)
        except REDIS_ERRORS as error:
            self._health.lost("publish", error)
            if is_failover(error):
                await drop_connections(self._redis)
            return False
        self._health.restored("publish")
        return True

    async def _execute(self, batch: Sequence[Publication]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for name, data in batch:
            pipeline.publish(name, data)
        for result in await pipeline.execute(raise_on_error=False):
            if isinstance(result, Exception):
                raise result
