"""Blocking access to what the cluster shares in Redis, for code that runs in threads.

Everything goes through the channel layer's connection, so that two connections are enough for a
process. Who uses this must expect RedisUnavailable at any time and go on without the others.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

import redis
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from streams.layers import Operation, RedisUnavailable
from streams.redis_urls import RedisAddress

T = TypeVar("T")

# What a thread waits longer than the operation may take, for the loop to get to it.
MARGIN_SECONDS = 1.0
# How long the start of a server waits to see whether Redis is there.
PING_SECONDS = 1.0


class RunsOperations(Protocol):
    """Something with a connection: our channel layer, or OwnConnection."""

    def run(self, operation: Operation[T], timeout_seconds: float) -> Coroutine[Any, Any, T]:
        """What `operation(redis)` gives. Raises RedisUnavailable."""


class OwnConnection:
    """A connection beside a channel layer that does not lend its own."""

    def __init__(self, address: RedisAddress) -> None:
        pool = BlockingConnectionPool.from_url(
            address.address, max_connections=1, **address.options
        )
        self._redis = Redis(connection_pool=pool)

    async def run(self, operation: Operation[T], timeout_seconds: float) -> T:
        """What `operation(redis)` gives. Raises RedisUnavailable."""
        try:
            async with asyncio.timeout(timeout_seconds):
                return await operation(self._redis)
        except (RedisError, OSError) as error:
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


def is_redis_there(address: RedisAddress) -> bool:
    """Whether a Redis answers there, asked once on a connection of its own."""
    timeouts = {"socket_timeout": PING_SECONDS, "socket_connect_timeout": PING_SECONDS}
    try:
        with redis.Redis.from_url(address.address, **{**timeouts, **address.options}) as client:
            return bool(client.ping())
    except (RedisError, OSError):
        return False
