"""The contract of both kinds of limits, and what only a cluster's do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from streams.cluster_limits import RedisLimits
from streams.layers import Operation, RedisUnavailable
from streams.limits import DAY_SECONDS, Limits, MemoryLimits, OverLimit, Quota
from streams.shared_state import T
from tests.redis_server import RedisServer

QUOTA = Quota("key.1", max_connections=2, per_day=5)


class Connection:
    """To a real Redis; may be lost."""

    def __init__(self, url: str) -> None:
        self.redis = Redis.from_url(url)
        self.is_lost = False
        self.calls = 0

    async def run(self, operation: Operation[T], timeout_seconds: float) -> T:
        self.calls += 1
        if self.is_lost:
            raise RedisUnavailable("lost, says the test")
        return await operation(self.redis)


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def connection(server: RedisServer) -> AsyncIterator[Connection]:
    connection = Connection(server.url)
    await connection.redis.flushall()
    yield connection
    await connection.redis.aclose()


@pytest.fixture(params=["memory", "redis"])
def limits(request: pytest.FixtureRequest, connection: Connection) -> Limits:
    return MemoryLimits() if request.param == "memory" else RedisLimits(connection, "test", 1)


async def code_of(limits: Limits, quota: Quota = QUOTA) -> str:
    with pytest.raises(OverLimit) as over:
        await limits.enter(quota)
    assert over.value.retry_seconds > 0
    return over.value.code


async def test_connections_at_once_end_and_leave_room(limits: Limits) -> None:
    first, second = await limits.enter(QUOTA), await limits.enter(QUOTA)
    assert (first.used_today, second.used_today, second.live) == (1, 2, 2)
    assert await code_of(limits) == "too_many_connections"
    await limits.leave(QUOTA.bucket)
    assert (await limits.enter(QUOTA)).used_today == 3, "a refused one is not counted"


async def test_connections_a_day_do_not_come_back(limits: Limits) -> None:
    for used in range(1, 6):
        usage = await limits.enter(QUOTA)
        assert usage.used_today == used
        assert DAY_SECONDS - 5 < usage.reset_seconds <= DAY_SECONDS
        await limits.leave(QUOTA.bucket)
    assert await code_of(limits) == "over_quota"
    assert (await limits.enter(Quota("key.2", 2, 5))).used_today == 1


async def test_hits_are_counted_until_their_window_ends(limits: Limits) -> None:
    for _ in range(3):
        assert not limits.is_exhausted("a", 3)
        await limits.hit("a", 3, 60)
    assert limits.is_exhausted("a", 3)
    with pytest.raises(OverLimit) as over:
        await limits.hit("a", 3, 60)
    assert 50 < over.value.retry_seconds <= 60
    await limits.hit("b", 3, 60)


async def test_usage_is_told_for_many_at_once(limits: Limits) -> None:
    await limits.enter(QUOTA)
    await limits.enter(QUOTA)
    await limits.leave(QUOTA.bucket)
    await limits.renew()
    usage = await limits.usage([QUOTA.bucket, "key.9"])
    assert (usage["key.1"].used_today, usage["key.1"].live) == (2, 1)
    assert (usage["key.9"].used_today, usage["key.9"].live) == (0, 0)


async def test_processes_of_a_cluster_count_together(connection: Connection) -> None:
    one, other = (RedisLimits(connection, "test", 1) for _ in range(2))
    assert (await one.enter(QUOTA)).live == 1
    assert (await other.enter(QUOTA)).live == 2
    assert await code_of(one) == await code_of(other) == "too_many_connections"
    await other.leave(QUOTA.bucket)
    await other.renew()
    assert (await one.enter(QUOTA)).used_today == 3
    await one.hit("a", 1, 60)
    with pytest.raises(OverLimit):
        await other.hit("a", 1, 60)


async def test_a_process_that_died_is_forgotten(connection: Connection) -> None:
    await connection.redis.hset("test:live:key.1", "dead", "2:1000")  # type: ignore[misc]
    limits = RedisLimits(connection, "test", 1)
    assert (await limits.enter(QUOTA)).live == 1
    assert await connection.redis.hlen("test:live:key.1") == 1  # type: ignore[misc]
    assert 0 < await connection.redis.pttl("test:live:key.1") <= 15_000


async def test_nothing_per_connection_lives_in_redis(connection: Connection) -> None:
    limits = RedisLimits(connection, "test", 1)
    for _ in range(50):
        await limits.enter(Quota("key.1", 100, 100))
    assert sorted(await connection.redis.keys()) == [b"test:day:key.1", b"test:live:key.1"]
    assert await connection.redis.hlen("test:live:key.1") == 1  # type: ignore[misc]


async def test_without_redis_counting_goes_on_and_is_not_forgotten_when_it_is_back(
    connection: Connection,
) -> None:
    limits = RedisLimits(connection, "test", 1)
    for _ in range(2):
        await limits.enter(QUOTA)
    connection.is_lost = True
    assert await code_of(limits) == "too_many_connections"
    await limits.leave(QUOTA.bucket)
    assert (await limits.enter(QUOTA)).used_today == 3
    await limits.renew()
    await connection.redis.flushall()  # it was restarted, and keeps nothing
    connection.is_lost = False
    await limits.leave(QUOTA.bucket)
    await limits.renew()
    assert (await limits.enter(QUOTA)).used_today == 4
    assert (await limits.usage([QUOTA.bucket]))[QUOTA.bucket].live == 2


async def test_who_goes_on_trying_costs_redis_nothing(connection: Connection) -> None:
    limits = RedisLimits(connection, "test", 1)
    for _ in range(100):
        try:
            await limits.hit("a", 5, 60)
        except OverLimit:
            continue
    assert connection.calls == 5
