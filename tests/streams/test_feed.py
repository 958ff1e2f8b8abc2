"""The feed: ticks while somebody listens, and gives newcomers the data of this tick."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from streams.feed import Feed
from streams.layers import StreamsChannelLayer
from streams.subscriptions import Endpoint, Subscription
from tests.fake_provider import FakeProvider
from tests.streams.test_refresh import make_refresher

AAPL = Subscription(Endpoint.QUOTES, ("AAPL",))
TICK_SECONDS = 0.05


class Listener:
    """A channel that follows subscriptions, as a consumer does."""

    def __init__(self, feed: Feed, layer: StreamsChannelLayer, name: str) -> None:
        self.feed = feed
        self.layer = layer
        self.name = name

    async def next_event(self) -> dict[str, object]:
        event = await asyncio.wait_for(self.layer.receive(self.name), 5)
        return dict(event)


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


@pytest.fixture
async def listeners(provider: FakeProvider) -> AsyncIterator[list[Listener]]:
    layer = StreamsChannelLayer()
    feed = Feed(make_refresher(provider, TICK_SECONDS), layer, TICK_SECONDS, is_shared=False)
    yield [Listener(feed, layer, await layer.new_channel()) for _ in range(3)]
    await feed.close()


async def test_all_listeners_of_a_subscription_get_each_tick(listeners: list[Listener]) -> None:
    for listener in listeners:
        await listener.feed.join(AAPL, listener.name)
    for _ in range(3):
        events = [await listener.next_event() for listener in listeners]
        assert events[0] == events[1] == events[2]
        assert events[0]["type"] == "stream.payload"
        assert events[0]["group"] == AAPL.group


async def test_it_is_silent_when_nobody_listens(
    listeners: list[Listener], provider: FakeProvider
) -> None:
    one, other, _ = listeners
    await one.feed.join(AAPL, one.name)
    await one.next_event()
    await one.feed.leave(AAPL, one.name)
    calls = provider.calls["fetch_quotes"]
    await asyncio.sleep(3 * TICK_SECONDS)
    assert provider.calls["fetch_quotes"] <= calls + 1  # one tick may have been under way
    await other.feed.join(AAPL, other.name)
    assert (await other.next_event())["group"] == AAPL.group


async def test_first_data_is_fetched_once_and_then_taken_from_the_tick(
    listeners: list[Listener], provider: FakeProvider
) -> None:
    feed = listeners[0].feed
    for listener in listeners:
        await listener.feed.join(AAPL, listener.name)
    snapshots = await asyncio.gather(*(feed.first(AAPL) for _ in range(50)))
    assert len(set(snapshots)) == 1
    assert provider.calls["fetch_quotes"] == 1
    event = await listeners[0].next_event()
    assert (await feed.first(AAPL)).made_at >= float(str(event["made_at"]))
