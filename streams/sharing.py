"""What a process shares: with the others of its cluster through Redis, or with nobody."""

from __future__ import annotations

import asyncio
from functools import cached_property
from pathlib import Path

from channels.layers import BaseChannelLayer
from django.core.exceptions import ImproperlyConfigured

from streams.cluster_limits import RedisLimits
from streams.conf import get_redis_address, settings
from streams.layers import StreamsChannelLayer
from streams.limits import Limits, MemoryLimits
from streams.monitoring.monitor import KEEP_BEATS, beat_seconds
from streams.monitoring.reports import FileReports, RedisReports, Reports
from streams.shared_state import (
    CLUSTERED,
    OwnConnection,
    RunsOperations,
    SharedState,
    look_at_redis,
)
from streams.state import State, memory_state, redis_state

# Redis may take this part of a tick to answer before a process goes on without it.
REDIS_TIMEOUT_SHARE = 0.25
REDIS_TIMEOUT_SECONDS = 1.0


class Sharing:
    """Each part is built when it is first asked for, all on one connection to Redis."""

    def __init__(self, layer: BaseChannelLayer) -> None:
        self._layer = layer

    @property
    def is_shared(self) -> bool:
        """Whether there are meant to be others."""
        return self._connection is not None

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on, threads reach Redis on this loop."""
        if self._shared:
            self._shared.bind(loop)

    def describe(self) -> str:
        """For the line that a starting server says of itself; asks whether Redis is there."""
        if not self.is_shared:
            return "no Redis; refreshed by this process, for its own clients"
        state = look_at_redis(get_redis_address())
        return f"Redis {state}; refreshed by Celery, or else by a web process"

    @cached_property
    def state(self) -> State:
        """What refreshes share."""
        if self._shared:
            return redis_state(self._shared, settings.REDIS_PREFIX, settings.REFRESH_SECONDS)
        return memory_state(settings.REFRESH_SECONDS)

    @cached_property
    def limits(self) -> Limits:
        """What handshakes count against."""
        if self._connection is None:
            return MemoryLimits()
        return RedisLimits(self._connection, settings.REDIS_PREFIX, self._timeout_seconds)

    def build_reports(self, directory: Path | None) -> Reports | None:
        """Where processes tell how they are; without Redis in a directory, if there is one."""
        keep_seconds = KEEP_BEATS * beat_seconds(settings.REFRESH_SECONDS)
        if self._connection is None:
            return FileReports(directory, keep_seconds) if directory else None
        return RedisReports(
            self._connection, settings.REDIS_PREFIX, keep_seconds, self._timeout_seconds
        )

    @cached_property
    def _shared(self) -> SharedState | None:
        return SharedState(self._connection, self._timeout_seconds) if self._connection else None

    @cached_property
    def _connection(self) -> RunsOperations | None:
        if not settings.REDIS_URL:
            return None
        if isinstance(self._layer, StreamsChannelLayer) and self._layer.is_shared:
            return self._layer
        return OwnConnection(get_redis_address())

    @property
    def _timeout_seconds(self) -> float:
        return min(REDIS_TIMEOUT_SECONDS, REDIS_TIMEOUT_SHARE * settings.REFRESH_SECONDS)


def require_usable_redis() -> None:
    """At the start of a process. Raises ImproperlyConfigured for a Redis that cannot be used.

    One that is away may come back as one that can.
    """
    if settings.REDIS_URL and look_at_redis(get_redis_address()) == CLUSTERED:
        raise ImproperlyConfigured(f"The Redis of REDIS_URL {CLUSTERED}.")
