"""What `manage.py check --deploy` asks of Redis: is there room, and does a worker refresh?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.core import checks
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from streams.claims import CELERY, SOURCES, claim_key
from streams.conf import are_right, get_redis_address, settings
from streams.shared_state import CLUSTERED

TIMEOUT_SECONDS: Final = 2.0

# Connections that each process keeps: the layer's two; the worker's and beat's with their broker.
WEB_CONNECTIONS: Final = 2
WORKER_CONNECTIONS: Final = 5
BEAT_CONNECTIONS: Final = 2


def check_redis(**_: Any) -> list[checks.CheckMessage]:
    """E020 it cannot be used, W020 it does not answer, W021 no room, W022 no worker refreshes."""
    if not are_right() or not settings.REDIS_URL:
        return []
    address = get_redis_address()
    options: dict[str, Any] = {
        **address.options,
        "socket_timeout": TIMEOUT_SECONDS,
        "socket_connect_timeout": TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 0),  # once is enough to tell
    }
    try:
        with Redis.from_url(address.address, **options) as redis:
            if redis.info("cluster").get("cluster_enabled"):
                return [checks.Error(f"The Redis of REDIS_URL {CLUSTERED}.", id="streams.E020")]
            return [*_check_room(redis), *_check_worker(redis)]
    except (RedisError, OSError) as error:
        return [
            checks.Warning(
                f"Redis does not answer: {type(error).__name__}.",
                hint="Look at REDIS_URL, and at REDIS_TLS_VERIFY if it begins with rediss://. "
                "Without Redis each process serves its own clients.",
                id="streams.W020",
            )
        ]


def _check_room(redis: Redis) -> Iterator[checks.CheckMessage]:
    clients: dict[str, Any] = redis.info("clients")  # type: ignore[assignment]
    # Only Redis itself knows, and not every service lets it tell.
    most = clients.get("maxclients")
    if most is None:
        return
    room = int(most) - int(clients["connected_clients"])
    needed = settings.WEB_CONCURRENCY * WEB_CONNECTIONS + WORKER_CONNECTIONS + BEAT_CONNECTIONS
    if room < needed:
        yield checks.Warning(
            f"Redis takes {room} more connections, but one web dyno or machine, a worker and beat "
            f"need {needed}, and during a deploy old and new ones run side by side.",
            hint="Take a larger Redis, or start fewer processes.",
            id="streams.W021",
        )


def _check_worker(redis: Redis) -> Iterator[checks.CheckMessage]:
    keys = [claim_key(settings.REDIS_PREFIX, shard) for shard in range(settings.REFRESH_SHARDS)]
    ranks: list[Any] = [redis.hget(key, "rank") for key in keys]
    if any(rank is None or int(rank) != SOURCES.index(CELERY) for rank in ranks):
        yield checks.Warning(
            "No Celery worker refreshes: a web process does it for all, beside its clients.",
            hint="Start one worker and one beat, as the Procfile has them. "
            "Before they are up for the first time this is as it should be.",
            id="streams.W022",
        )
