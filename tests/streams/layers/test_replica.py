"""A failover: the server becomes a replica, and its name leads to another. And one that refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from redis.asyncio import Redis

from streams.failover import is_failover
from streams.layers import RedisUnavailable, StreamsChannelLayer
from streams.redis_urls import parse_redis_url
from streams.shared_state import CLUSTERED, OwnConnection, look_at_redis
from tests.redis_server import RedisServer
from tests.replicas import Pair
from tools.stack import find_free_port

from .conftest import WAIT_SECONDS, receive, wait_until

SCRIPT = "return redis.call('SET', KEYS[1], '1')"


@pytest.fixture
def pair() -> Iterator[Pair]:
    with Pair() as pair:
        yield pair


async def write(redis: Redis) -> object:
    return await redis.set("written", "1")


async def write_in_script(redis: Redis) -> object:
    return await redis.eval(SCRIPT, 1, "written")  # type: ignore[misc]


@pytest.mark.parametrize("operation", [write, write_in_script])
async def test_a_layer_follows_the_name_to_the_new_master(
    pair: Pair, operation: object, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = (StreamsChannelLayer(hosts=[pair.url]) for _ in range(2))
    channel = await there.new_channel()
    await there.group_add("group", channel)
    await asyncio.wait_for(there.settle(), WAIT_SECONDS)
    assert await here.run(write, 5)
    await here.connect()
    await here.settle()
    pair.demote()
    for layer in (here, there):
        with pytest.raises(RedisUnavailable, match="lost"):
            await layer.run(operation, 5)  # type: ignore[arg-type]
    pair.rename()
    await wait_until(lambda: here.is_connected and there.is_connected)
    await asyncio.wait_for(there.settle(), WAIT_SECONDS)
    assert await here.run(operation, 5)  # type: ignore[arg-type]
    await here.group_send("group", {"number": 1})
    assert await receive(there, channel) == {"number": 1}
    assert pair.second.command("PUBSUB", "NUMSUB", "asgi__group__group")[1] == 1
    lost = [record for record in caplog.records if "is lost" in record.getMessage()]
    assert len(lost) == 2
    await here.close()
    await there.close()


async def test_an_own_connection_does_the_same(pair: Pair) -> None:
    connection = OwnConnection(parse_redis_url(pair.url))
    await connection.run(write, 5)
    pair.demote()
    for _ in range(2):
        with pytest.raises(RedisUnavailable):
            await connection.run(write_in_script, 5)
    pair.rename()
    assert await connection.run(write_in_script, 5)
    await connection.close()


async def test_what_redis_refuses_is_counted_and_said_once(
    own_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    own_server.start()
    own_server.command("LPUSH", "written", "a list")
    layer = StreamsChannelLayer(hosts=[own_server.url])
    connection = OwnConnection(parse_redis_url(own_server.url))

    async def misuse(redis: Redis) -> object:
        return await redis.eval("return redis.call('INCR', KEYS[1])", 1, "written")  # type: ignore[misc]

    await layer.run(lambda redis: redis.exists("written"), 5)
    for _ in range(3):
        for runs in (layer, connection):
            with pytest.raises(RedisUnavailable, match="WRONGTYPE|wrong kind"):
                await runs.run(misuse, 5)
    assert layer.refused_operations == 3
    assert layer.is_connected
    said = [record.getMessage() for record in caplog.records if "refuses" in record.getMessage()]
    assert len(said) == 2
    assert all("WRONGTYPE" in line or "wrong kind" in line for line in said)
    await layer.close()
    await connection.close()


async def test_a_redis_in_cluster_mode_is_seen_at_the_start(tmp_path: object) -> None:
    # The nodes of a cluster talk on a port 10,000 higher.
    port = next(port for port in iter(find_free_port, 0) if port < 55_000)
    server = RedisServer("--cluster-enabled", "yes", "--dir", str(tmp_path), port=port)
    server.start()
    assert await asyncio.to_thread(look_at_redis, parse_redis_url(server.url)) == CLUSTERED
    server.kill()


def test_what_is_a_failover_and_what_is_not() -> None:
    from redis import exceptions

    assert is_failover(exceptions.ReadOnlyError("You can't write against a read only replica."))
    assert is_failover(exceptions.ResponseError("UNBLOCKED force unblock from blocking operation"))
    assert is_failover(exceptions.ResponseError("Error running script: -READONLY You"))
    assert is_failover(exceptions.BusyLoadingError("Redis is loading the dataset in memory"))
    assert is_failover(exceptions.MasterDownError("Link with MASTER is down"))
    for other in ("OOM command not allowed", "NOSCRIPT No matching script", "WRONGTYPE Operation"):
        assert not is_failover(exceptions.ResponseError(other))
    assert not is_failover(OSError("READONLY"))
