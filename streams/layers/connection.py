"""One entry of channels_redis's `hosts` as a redis-py client that fails in bounded time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from channels_redis.utils import (  # type: ignore[import-untyped]
    _close_redis,
    create_pool,
    decode_hosts,
)
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from streams.failover import require_writable_async
from streams.redis_urls import WrongRedisUrl, parse_redis_url

Host = dict[str, Any]

TIMEOUT_SECONDS = 2.0
# Short: the next Sentinel is asked within the time that one attempt has.
SENTINEL_SECONDS = 0.5
# What a Redis out of reach or out of order looks like. asyncio's timeouts are OSErrors.
REDIS_ERRORS = (RedisError, OSError)


class ServerSilent(OSError):
    """The server holds the connection and does not answer. Trying again may help."""


def read_hosts(hosts: Sequence[Any]) -> list[Host]:
    """channels_redis's `hosts`, with the URLs read as everywhere. Raises WrongRedisUrl."""
    return [_read_host(host) for host in decode_hosts(hosts)]


def _read_host(host: Host) -> Host:
    if "address" not in host or host["address"].endswith("://"):  # read already
        return host
    try:
        return {**host, **parse_redis_url(host["address"]).host}
    except WrongRedisUrl as error:
        raise WrongRedisUrl(f"a URL in hosts {error}") from error


def open_redis(host: Host) -> Redis:
    """A client for `host`; does not connect yet.

    Its reads and writes have no timeout: the caller gives them one (`timeout_after`). With a
    socket_timeout redis-py writes through asyncio.wait_for, which in Python 3.11 loses a
    cancellation that comes as the write completes; the task could not be ended any more.
    """
    timeout = get_timeout_seconds(host)
    # redis-py would reconnect behind our back, on the task that happens to notice the loss, and
    # ask a dead Sentinel four times over several seconds.
    no_retry = Retry(NoBackoff(), 0, ())
    host = {
        "health_check_interval": 15,
        "retry": no_retry,
        "redis_connect_func": require_writable_async,
        **host,
    }
    if "master_name" in host:
        limits = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), SENTINEL_SECONDS)
        given = host.get("sentinel_kwargs") or {}
        host["sentinel_kwargs"] = {**limits, "retry": no_retry, **given}
    pool = create_pool(host)
    pool.connection_kwargs["socket_timeout"] = None
    pool.connection_kwargs.setdefault("socket_connect_timeout", timeout)
    return Redis(connection_pool=pool)


def get_timeout_seconds(host: Host) -> float:
    """How long this server may take to answer: the socket_timeout of `host` or its URL."""
    return float(_get_options(host).get("socket_timeout") or TIMEOUT_SECONDS)


@contextlib.asynccontextmanager
async def timeout_after(seconds: float) -> AsyncIterator[None]:
    """asyncio.timeout, raising ServerSilent."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise ServerSilent(f"no answer in {seconds:g} s") from error


async def drop_connections(redis: Redis) -> None:
    """Have the next command, and who listens, connect again: to another server, maybe."""
    with contextlib.suppress(*REDIS_ERRORS):
        await redis.connection_pool.disconnect()


async def close_redis(redis: Redis) -> None:
    """Close every connection of the client, those to its Sentinels included."""
    sentinel = getattr(redis.connection_pool, "sentinel_manager", None)
    for client in (redis, *(sentinel.sentinels if sentinel else ())):
        with contextlib.suppress(*REDIS_ERRORS):
            await _close_redis(client)


def get_server_name(host: Host) -> str:
    """The server's name for logs: no user, no password."""
    if "master_name" in host:
        return f"master {host['master_name']}"
    options = _get_options(host)
    if "path" in options:
        return str(options["path"])
    return f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"


def _get_options(host: Host) -> Host:
    """`host` as redis-py sees it, with what its URL says."""
    options: Host = create_pool(host).connection_kwargs
    return options
