"""Blocking access to what the cluster shares in Redis, for code that runs in threads.

Everything goes through the channel layer's connection, so that two connections are enough for a
process. Who uses this must expect RedisUnavailable at any time and go on without the others.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

import redis
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError, ResponseError

from streams.failover import is_failover, require_writable_async
from streams.layers import Operation, RedisUnavailable, Throttle
from streams.redis_urls import RedisAddress

logger = logging.getLogger(__name__)

T = TypeVar("T")

# What a thread waits longer than the operation may take, for the loop to get to it.
MARGIN_SECONDS = 1.0
# How long the start of a server waits to see whether Redis is there.
PING_SECONDS = 1.0

ANSWERS, SILENT = "answers", "does not answer"
CLUSTERED = "is in cluster mode, which is not supported: take one without, with replicas if need be"


class RunsOperations(Protocol):
    """Something with a connection: our channel layer, or OwnConnection."""

    def run(self, operation: Operation[T], timeout_seconds: float) -> Coroutine[Any, Any, T]:
        """What `operation(redis)` gives. Raises RedisUnavailable."""


class OwnConnection:
    """A connection beside a channel layer that does not lend its own."""

    def __init__(self, address: RedisAddress) -> None:
        self._pool = BlockingConnectionPool.from_url(
            address.address,
            max_connections=1,
            redis_connect_func=require_writable_async,
            **address.options,
        )
        self._redis = Redis(connection_pool=self._pool)
        self._refused = Throttle(
            logger, f"Redis {address.name} refuses what this process has to share; operations: %d"
        )

    async def run(self, operation: Operation[T], timeout_seconds: float) -> T:
        """What `operation(redis)` gives. Raises RedisUnavailable."""
        try:
            async with asyncio.timeout(timeout_seconds):
                return await operation(self._redis)
        except (RedisError, OSError) as error:
            if is_failover(error):
                await self._pool.disconnect()
            elif isinstance(error, ResponseError):
                self._refused.count(f"the last: {error}")
            raise RedisUnavailable(f"Redis: {str(error) or 'no answer in time'}") from error

    async def close(self) -> None:
        """Close it; the next operation opens it again."""
        await self._redis.aclose(close_connection_pool=True)


class SharedState:
    """Operations on Redis from any thread; they run on the event loop it is bound to."""

    def __init__(self, connection: RunsOperations, timeout_seconds: float) -> None:
        self._connection = connection
        self._timeout_seconds = timeout_seconds
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on, use the connection on this loop, which runs in another thread."""
        self._loop = loop

    def run(self, operation: Operation[T]) -> T:
        """What `operation(redis)` gives. Raises RedisUnavailable.

        Raises RuntimeError on an event loop's thread: there it would wait for itself.
        """
        _require_no_event_loop()
        running = self._start(operation)
        try:
            return running.result(self._timeout_seconds + MARGIN_SECONDS)
        except (TimeoutError, concurrent.futures.CancelledError) as error:
            running.cancel()
            raise RedisUnavailable("the event loop did not get to it in time") from error

    def _start(self, operation: Operation[T]) -> concurrent.futures.Future[T]:
        if self._loop is None:
            raise RedisUnavailable("there is no event loop to reach Redis on")
        coroutine = self._connection.run(operation, self._timeout_seconds)
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError as error:  # closed: the process is about to end
            coroutine.close()
            raise RedisUnavailable("the event loop to reach Redis on is closed") from error


def _require_no_event_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("this blocks: call it in a thread, not on an event loop")


def look_at_redis(address: RedisAddress) -> str:
    """What is found there, asked once on a connection of its own: ANSWERS, SILENT or CLUSTERED."""
    timeouts = {"socket_timeout": PING_SECONDS, "socket_connect_timeout": PING_SECONDS}
    try:
        with redis.Redis.from_url(address.address, **{**timeouts, **address.options}) as client:
            client.ping()
            return CLUSTERED if _is_clustered(client) else ANSWERS
    except (RedisError, OSError):
        return SILENT


def _is_clustered(client: redis.Redis) -> bool:
    try:
        found: dict[str, Any] = client.info("cluster")  # type: ignore[assignment]
    except ResponseError:  # not every service lets it be asked
        return False
    return bool(found.get("cluster_enabled"))
