"""How much each may: connections at once and per day, handshakes a minute.

MemoryLimits counts for a process; its twin for a cluster is in cluster_limits.py.
Errors: `OverLimit` (the client's fault; trying again after `retry_seconds` helps).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection
from typing import Protocol

import msgspec

from streams.windows import Windows

DAY_SECONDS = 86_400.0
# When one of its connections ends nobody knows; this is a decent pause.
CONNECTIONS_RETRY_SECONDS = 10.0


class OverLimit(Exception):
    """Too many connections; `code` says of which kind."""

    def __init__(self, code: str, message: str, retry_seconds: float) -> None:
        super().__init__(message)
        self.code = code
        self.retry_seconds = retry_seconds


class Quota(msgspec.Struct, frozen=True):
    """What one bucket, a key's or a user's, may have."""

    bucket: str
    max_connections: int
    per_day: int


class Usage(msgspec.Struct, frozen=True):
    """What a bucket has used today, and until when that counts."""

    used_today: int = 0
    reset_seconds: float = DAY_SECONDS
    live: int = 0


class Limits(Protocol):
    """Where is counted. To be used on one event loop."""

    async def hit(self, bucket: str, limit: int, seconds: float) -> None:
        """Count one event. Raises OverLimit when there were more than `limit` in the window."""

    def is_exhausted(self, bucket: str, limit: int) -> bool:
        """Whether the next `hit` would be one too many, as far as this process knows."""

    async def enter(self, quota: Quota) -> Usage:
        """Count one more connection. Raises OverLimit."""

    async def leave(self, bucket: str) -> None:
        """The end of an `enter`."""

    async def renew(self) -> None:
        """To be called every few seconds: this process is still there."""

    async def usage(self, buckets: Collection[str]) -> dict[str, Usage]:
        """What each has used."""


class MemoryLimits:
    """Of a process that shares with nobody."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.windows = Windows(clock=clock)
        self.days = Windows(clock=clock)
        self.live: Counter[str] = Counter()

    async def hit(self, bucket: str, limit: int, seconds: float) -> None:
        used, left = self.windows.add(bucket, seconds)
        if used > limit:
            raise too_many(limit, seconds, left)

    def is_exhausted(self, bucket: str, limit: int) -> bool:
        return self.windows.get(bucket)[0] >= limit

    async def enter(self, quota: Quota) -> Usage:
        if self.live[quota.bucket] >= quota.max_connections:
            raise too_many_connections(quota)
        used, left = self.days.get(quota.bucket)
        if used >= quota.per_day:
            raise too_many_today(quota, left)
        used, left = self.days.add(quota.bucket, DAY_SECONDS)
        self.live[quota.bucket] += 1
        return Usage(used, left, self.live[quota.bucket])

    async def leave(self, bucket: str) -> None:
        self.live[bucket] -= 1
        if self.live[bucket] <= 0:
            del self.live[bucket]

    async def renew(self) -> None:
        """Nobody needs to be told."""

    async def usage(self, buckets: Collection[str]) -> dict[str, Usage]:
        return {b: Usage(*self.days.get(b), self.live.get(b, 0)) for b in buckets}


def too_many(limit: int, seconds: float, left: float) -> OverLimit:
    return OverLimit("too_many_handshakes", f"More than {limit} in {seconds:g} seconds.", left)


def too_many_connections(quota: Quota) -> OverLimit:
    message = f"More than {quota.max_connections} connections at once."
    return OverLimit("too_many_connections", message, CONNECTIONS_RETRY_SECONDS)


def too_many_today(quota: Quota, left: float) -> OverLimit:
    return OverLimit("over_quota", f"More than {quota.per_day} connections in a day.", left)
