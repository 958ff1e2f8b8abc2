"""One entry of channels_redis's `hosts` as a redis-py client that fails in bounded time."""

import contextlib
from typing import Any

from channels_redis.utils import _close_redis, create_pool  # type: ignore[import-untyped]
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

Host = dict[str, Any]

TIMEOUT_SECONDS = 2.0
# What a Redis out of reach or out of order looks like. asyncio's timeouts are OSErrors.
REDIS_ERRORS = (RedisError, OSError)

_TIMEOUTS = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}


def open_redis(host: Host) -> Redis:
    """A client for `host`; does not connect yet. Timeouts in `host` or its URL prevail."""
    # redis-py would reconnect behind our back, on the task that happens to notice the loss.
    no_retry = Retry(NoBackoff(), 0, supported_errors=())
    host = {**_TIMEOUTS, "health_check_interval": 15, "retry": no_retry, **host}
    if "master_name" in host and not host.get("sentinel_kwargs"):
        host["sentinel_kwargs"] = _TIMEOUTS
    return Redis(connection_pool=create_pool(host))


async def close_redis(redis: Redis) -> None:
    """Close every connection of the client, those to its Sentinels included."""
    sentinel = getattr(redis.connection_pool, "sentinel_manager", None)
    for client in (redis, *(sentinel.sentinels if sentinel else ())):
        with contextlib.suppress(*REDIS_ERRORS):
            await _close_redis(client)


def get_timeout_seconds(pool: ConnectionPool) -> float:
    """How long this pool's server may take to answer."""
    return float(pool.connection_kwargs.get("socket_timeout") or TIMEOUT_SECONDS)


def get_server_name(host: Host) -> str:
    """The server's name for logs: no user, no password."""
    pool = create_pool(host)
    if "master_name" in host:
        return f"master {host['master_name']}"
    options = pool.connection_kwargs
    return str(
        options.get("path") or f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
    )
