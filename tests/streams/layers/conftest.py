"""Layers under test: ours in both modes, and the stock ones as the measure of the contract."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from channels.layers import BaseChannelLayer, InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer  # type: ignore[import-untyped]

from streams.layers import StreamsChannelLayer
from tests.redis_server import RedisServer

WAIT_SECONDS = 30.0
# Short, so that a frozen server is found out quickly.
TIMEOUTS = {"socket_timeout": 0.8, "socket_connect_timeout": 0.8}


async def wait_until(condition: Callable[[], object]) -> None:
    """Poll for what nothing announces: the state of another process."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        await asyncio.sleep(0.005)


async def receive(layer: BaseChannelLayer, channel: str) -> dict[str, Any]:
    async with asyncio.timeout(WAIT_SECONDS):
        return await layer.receive(channel)


@dataclass
class Backend:
    """One kind of layer, and how to know that its subscriptions are in effect."""

    name: str
    make: Callable[[], BaseChannelLayer]
    settle: Callable[[Any], Awaitable[None]]


@dataclass
class Layers:
    """Makes layers on `server` that are closed when the test ends."""

    server: RedisServer
    made: list[StreamsChannelLayer] = field(default_factory=list)

    def make(self, **config: Any) -> StreamsChannelLayer:
        host = {"address": self.server.url, **TIMEOUTS}
        layer = StreamsChannelLayer(**{"hosts": [host], "ping_seconds": 0.2, **config})
        self.made.append(layer)
        return layer

    async def make_member(
        self, group: str = "group", **config: Any
    ) -> tuple[StreamsChannelLayer, str]:
        """A layer with one channel in `group`, subscribed in Redis."""
        layer = self.make(**config)
        channel = await layer.new_channel()
        await layer.group_add(group, channel)
        await layer.settle()
        return layer, channel

    async def close(self) -> None:
        for layer in self.made:
            await layer.close()


async def settle_nothing(layer: BaseChannelLayer) -> None:
    pass


async def settle_ours(layer: StreamsChannelLayer) -> None:
    await layer.settle()


@pytest.fixture
async def layers(redis_server: RedisServer) -> AsyncIterator[Layers]:
    made = Layers(redis_server)
    yield made
    await made.close()


@pytest.fixture
async def own_layers(own_server: RedisServer) -> AsyncIterator[Layers]:
    made = Layers(own_server)
    yield made
    await made.close()


@pytest.fixture(params=["local", "redis", "stock in-memory", "stock pub/sub"])
def backend(request: pytest.FixtureRequest, redis_server: RedisServer) -> Backend:
    hosts = [redis_server.url]

    async def settle_stock(layer: Any) -> None:
        [shard] = layer._get_layer()._shards
        await wait_until(
            lambda: shard._subscribed_to <= set(redis_server.command("PUBSUB", "CHANNELS"))
        )

    return {
        "local": Backend("local", StreamsChannelLayer, settle_ours),
        "redis": Backend("redis", lambda: StreamsChannelLayer(hosts), settle_ours),
        "stock in-memory": Backend("stock", InMemoryChannelLayer, settle_nothing),
        "stock pub/sub": Backend(
            "stock", lambda: RedisPubSubChannelLayer(hosts=hosts), settle_stock
        ),
    }[request.param]


@pytest.fixture
async def layer(backend: Backend) -> AsyncIterator[BaseChannelLayer]:
    layer = backend.make()
    yield layer
    await layer.flush()


@pytest.fixture
async def our_layer(layer: BaseChannelLayer) -> StreamsChannelLayer:
    """The layer under test where the stock ones are known to do otherwise."""
    assert isinstance(layer, StreamsChannelLayer)
    return layer
