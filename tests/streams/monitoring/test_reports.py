"""Where reports are left and found: one contract, in Redis and in files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from streams.layers import RedisUnavailable
from streams.monitoring.report import MAX_LISTED, MAX_TEXT, StreamReport
from streams.monitoring.reports import FileReports, RedisReports, Reports
from streams.redis_urls import parse_redis_url
from streams.shared_state import OwnConnection
from tests.redis_server import RedisServer
from tests.streams.monitoring.reports import make_report

Make = Callable[[float], Reports]


@pytest.fixture(params=["redis", "files"])
async def make(
    request: pytest.FixtureRequest, redis_server: RedisServer, prefix: str, tmp_path: Path
) -> AsyncIterator[Make]:
    """Makes what one process uses; reports are kept for so many seconds."""
    connection = OwnConnection(parse_redis_url(redis_server.url))
    if request.param == "redis":
        yield lambda seconds: RedisReports(connection, prefix, seconds, 5.0)
    else:
        yield lambda seconds: FileReports(tmp_path, seconds)
    await connection.close()


async def test_everybody_finds_the_newest_reports_of_the_others(make: Make) -> None:
    one, other = make(60), make(60)
    await one.publish(make_report("a:1", cpu_seconds=1.0))
    await one.publish(make_report("a:1", cpu_seconds=2.0))
    await other.publish(make_report("b:1"))
    assert await one.get_others("a:1") == [make_report("b:1")]
    assert await other.get_others("b:1") == [make_report("a:1", cpu_seconds=2.0)]
    found = await make(60).get_others("c:1")
    assert sorted(report.process for report in found) == ["a:1", "b:1"]


async def test_who_reports_no_more_is_forgotten(make: Make) -> None:
    reports = make(60)
    await reports.publish(make_report("a:1"))
    assert await reports.get_others("b:1")
    reports = make(0.2)
    await reports.publish(make_report("a:1"))
    for _ in range(200):
        if not await reports.get_others("b:1"):
            return
        await asyncio.sleep(0.05)
    pytest.fail("it was not forgotten")


async def test_a_report_of_another_release_is_left_out(
    redis_server: RedisServer, prefix: str
) -> None:
    connection = OwnConnection(parse_redis_url(redis_server.url))
    reports = RedisReports(connection, prefix, 60, 5.0)
    await reports.publish(make_report("a:1"))
    await reports.publish(make_report("b:1"))
    redis_server.command("SET", f"{prefix}:report:a:1", msgspec.msgpack.encode({"process": 1}))
    assert [report.process for report in await reports.get_others("c:1")] == ["b:1"]
    await connection.close()


async def test_without_redis_it_says_so(own_server: RedisServer) -> None:
    connection = OwnConnection(parse_redis_url(own_server.url))
    reports = RedisReports(connection, "x", 60, 0.5)
    with pytest.raises(RedisUnavailable):
        await reports.publish(make_report())
    with pytest.raises(RedisUnavailable):
        await reports.get_others("a:1")
    await connection.close()


async def test_files_of_a_directory_that_is_gone_are_no_trouble(tmp_path: Path) -> None:
    reports = FileReports(tmp_path / "gone", 60)
    await reports.publish(make_report())
    assert await reports.get_others("a:1") == []


def test_the_largest_report_is_small_enough_to_be_sent_every_tick() -> None:
    streams = (
        StreamReport("g" * 50, "quotes", "s" * MAX_TEXT, 1, 1.0, "celery", 40_000),
    ) * MAX_LISTED
    report = make_report(streams=streams, keys={f"key.{n}": 1 for n in range(MAX_LISTED)})
    assert len(msgspec.msgpack.encode(report)) < 70_000
