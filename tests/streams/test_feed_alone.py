"""Feeds of a cluster whose Redis carries messages but keeps nothing: each is on its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from streams.feed import Feed
from streams.fetching import Fetcher
from streams.layers import StreamsChannelLayer
from streams.refresh import Refresher
from streams.shared_state import SharedState
from streams.state import redis_state
from streams.subscriptions import Endpoint, Subscription
from tests.fake_provider import FakeProvider
from tests.redis_server import RedisServer

AAPL = Subscription(Endpoint.QUOTES, ("AAPL",))
TICK_SECONDS = 0.2
PREFIX = "test"


@pytest.fixture
def full_redis() -> Iterator[RedisServer]:
    server = RedisServer("--maxmemory", "1")
    server.start()
    yield server
    server.stop()


class Node:
    """A feed as a process of a cluster has it, and one listener to AAPL."""

    def __init__(self, redis: RedisServer) -> None:
        self.layer = StreamsChannelLayer([redis.url], prefix=PREFIX)
        shared = SharedState(self.layer, TICK_SECONDS)
        shared.bind(asyncio.get_running_loop())
        state = redis_state(shared, PREFIX, TICK_SECONDS)
        refresher = Refresher(Fetcher(FakeProvider(), state.quotes), state, TICK_SECONDS)
        self.feed = Feed(refresher, self.layer, TICK_SECONDS, is_shared=True)

    async def listen(self) -> None:
        self.channel = await self.layer.new_channel()
        await self.feed.join(AAPL, self.channel)

    async def hear(self, events: int) -> list[dict[str, object]]:
        async with asyncio.timeout(30):
            return [await self.layer.receive(self.channel) for _ in range(events)]

    async def close(self) -> None:
        await self.feed.close()
        await self.layer.close()


@pytest.fixture
async def nodes(full_redis: RedisServer) -> AsyncIterator[list[Node]]:
    nodes = [Node(full_redis), Node(full_redis)]
    yield nodes
    for node in nodes:
        await node.close()


async def test_what_each_refreshes_for_its_own_clients_reaches_no_others(nodes: list[Node]) -> None:
    """Otherwise each client would get every process's messages, and each silence the others."""
    for node in nodes:
        await node.listen()
    events = await asyncio.gather(*(node.hear(5) for node in nodes))
    authors = [{event["by"] for event in heard} for heard in events]
    assert [len(of_node) for of_node in authors] == [1, 1]
    assert authors[0] != authors[1]
    assert {event["source"] for heard in events for event in heard} == {"local"}
