"""Other commands on the layer's connection: they wait for their turn, and not for long."""

import asyncio

import pytest
from redis.asyncio import Redis

from streams.layers import RedisUnavailable

from .conftest import Layers


async def ping(redis: Redis) -> bool:
    return bool(await redis.ping())  # type: ignore[misc]


async def test_a_connection_that_others_keep_busy_is_not_lost(layers: Layers) -> None:
    layer, _ = await layers.make_member()
    busy, done = asyncio.Event(), asyncio.Event()

    async def keep_busy(redis: Redis) -> None:
        busy.set()
        await done.wait()

    keeper = asyncio.create_task(layer.run(keep_busy, 5))
    await busy.wait()
    with pytest.raises(RedisUnavailable, match="busy"):
        await layer.run(ping, 0.05)
    assert layer.is_connected
    done.set()
    await keeper
    assert await layer.run(ping, 30)


async def test_who_is_cancelled_while_waiting_or_working_leaves_the_turn_to_others(
    layers: Layers,
) -> None:
    layer, _ = await layers.make_member()
    busy = asyncio.Event()

    async def hang(redis: Redis) -> None:
        busy.set()
        await asyncio.Event().wait()

    working = asyncio.create_task(layer.run(hang, 5))
    await busy.wait()
    waiting = asyncio.create_task(layer.run(ping, 5))
    await asyncio.sleep(0.01)
    for task in (waiting, working):
        task.cancel()
    await asyncio.gather(waiting, working, return_exceptions=True)
    assert await layer.run(ping, 30)
