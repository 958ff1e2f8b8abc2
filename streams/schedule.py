"""What a project's settings tell Celery: where its broker is, and what beat has to send when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from streams.conf import SETTINGS
from streams.redis_urls import parse_redis_url

# How long worker and beat wait for a Redis that hangs.
BROKER_TIMEOUTS: Final = {
    "socket_timeout": 5.0,
    "socket_connect_timeout": 2.0,
    "health_check_interval": 10,
}

# Clocks that differ by more than that have nobody who looks after them.
EXPIRES_SECONDS: Final = 600.0


def broker(streams: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """CELERY_BROKER_URL, …_TRANSPORT and …_TRANSPORT_OPTIONS, from a project's `STREAMS`."""
    url = SETTINGS["REDIS_URL"].read(streams)
    if not url:
        return "memory://", "memory", {}
    address = parse_redis_url(url, verify=SETTINGS["REDIS_TLS_VERIFY"].read(streams))
    options = {
        "scheme": address.scheme,
        "redis": {**BROKER_TIMEOUTS, **address.options},
        "global_keyprefix": f"{SETTINGS['REDIS_PREFIX'].read(streams)}:",
    }
    # The URL is for logs only: the transport goes by the options.
    return f"{address.address}{address.name}", "streams.broker:Transport", options


def beat_schedule(streams: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Entries for CELERY_BEAT_SCHEDULE, from a project's `STREAMS`."""
    seconds = SETTINGS["REFRESH_SECONDS"].read(streams)
    return {
        f"refresh shard {shard}": {
            "task": "streams.refresh",
            "schedule": seconds,
            "args": (shard,),
            # Bounds what waits for a worker, no more: beat's clock and the worker's may differ.
            # Which ticks come too late is for the claim to say, which goes by Redis's.
            "options": {"expires": max(EXPIRES_SECONDS, 2 * seconds)},
        }
        for shard in range(SETTINGS["REFRESH_SHARDS"].read(streams))
    }
