"""Where the processes of a cluster leave their reports, and find those of the others."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import msgspec
from redis.asyncio import Redis

from streams.monitoring.report import Report
from streams.shared_state import RunsOperations

# More processes than any cluster has; a wrong one must not fill everybody's memory.
MAX_PROCESSES = 1000

# By Redis's clock. KEYS: who has reported, the report. ARGV: how long it counts in milliseconds,
# the process, its report.
_PUBLISH = """
local now = redis.call('TIME')
local at = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at)
redis.call('ZADD', KEYS[1], at + ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[1])
"""


class Reports(Protocol):
    """Where reports are kept for a while. Its methods raise RedisUnavailable."""

    async def publish(self, report: Report) -> None:
        """Let the others know."""

    async def get_others(self, process: str) -> list[Report]:
        """The present reports of all processes but this one."""


class NoReports:
    """Of a process that knows no other."""

    async def publish(self, report: Report) -> None:
        """Nobody reads it."""

    async def get_others(self, process: str) -> list[Report]:
        return []


class FileReports:
    """Of the processes that one `manage.py serve --workers N` started, without Redis.

    In a directory of theirs alone; a report is there for `keep_seconds`.
    """

    def __init__(self, directory: Path, keep_seconds: float) -> None:
        self._directory = directory
        self._keep_seconds = keep_seconds

    async def publish(self, report: Report) -> None:
        await asyncio.to_thread(self._write, report)

    async def get_others(self, process: str) -> list[Report]:
        return list(_decode(await asyncio.to_thread(self._read, _file_name(process))))

    def _write(self, report: Report) -> None:
        """Replaced as a whole: nobody reads half a report. Without the directory, nothing."""
        path = self._directory / _file_name(report.process)
        with contextlib.suppress(OSError):
            path.with_suffix(".new").write_bytes(msgspec.msgpack.encode(report))
            path.with_suffix(".new").replace(path)

    def _read(self, own: str) -> list[bytes | None]:
        oldest = time.time() - self._keep_seconds
        values: list[bytes | None] = []
        for path in sorted(self._directory.glob("*.report"))[:MAX_PROCESSES]:
            with contextlib.suppress(OSError):  # it may end at any moment
                if path.name != own and path.stat().st_mtime >= oldest:
                    values.append(path.read_bytes())
        return values


class RedisReports:
    """Of a cluster; a report is there for `keep_seconds`."""

    def __init__(
        self, connection: RunsOperations, prefix: str, keep_seconds: float, timeout_seconds: float
    ) -> None:
        self._connection = connection
        self._prefix = prefix
        self._keep_ms = round(1000 * keep_seconds)
        self._timeout_seconds = timeout_seconds

    async def publish(self, report: Report) -> None:
        value = msgspec.msgpack.encode(report)

        async def publish(redis: Redis) -> None:
            keys = self._index, self._key(report.process)
            await redis.eval(_PUBLISH, 2, *keys, self._keep_ms, report.process, value)  # type: ignore[misc]

        await self._connection.run(publish, self._timeout_seconds)

    async def get_others(self, process: str) -> list[Report]:
        async def get(redis: Redis) -> list[bytes | None]:
            names = await redis.zrevrange(self._index, 0, MAX_PROCESSES - 1)
            keys = [self._key(name.decode()) for name in names if name.decode() != process]
            return list(await redis.mget(keys)) if keys else []

        return list(_decode(await self._connection.run(get, self._timeout_seconds)))

    @property
    def _index(self) -> str:
        return f"{self._prefix}:reports"

    def _key(self, process: str) -> str:
        return f"{self._prefix}:report:{process}"


def _file_name(process: str) -> str:
    return f"{process.replace(':', '_')}.report"


def _decode(values: Iterable[bytes | None]) -> Iterable[Report]:
    """Without what another release has written in another way."""
    for value in values:
        if value is None:
            continue
        try:
            yield msgspec.msgpack.decode(value, type=Report)
        except msgspec.DecodeError:
            continue
