"""The feed: ticks while somebody listens, and gives newcomers the data of this tick."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from channels.layers import InMemoryChannelLayer

from streams.feed import Feed
from streams.fetching import Fetcher
from streams.layers import StreamsChannelLayer
from streams.refresh import Refresher, utc_now
from streams.snapshots import Snapshot
from streams.state import memory_state
from streams.subscriptions import Endpoint, Subscription
from tests.fake_provider import FakeProvider
from tests.streams.test_refresh import make_refresher

HOURS = Subscription(Endpoint.HOURS)
AAPL = Subscription(Endpoint.QUOTES, ("AAPL",))
TICK_SECONDS = 0.05
LONG_TICK_SECONDS = 60.0


class Listener:
    """A channel that follows subscriptions, as a consumer does."""

    def __init__(self, feed: Feed, layer: StreamsChannelLayer, name: str) -> None:
        self.feed = feed
        self.layer = layer
        self.name = name

    async def next_event(self) -> dict[str, object]:
        event = await asyncio.wait_for(self.layer.receive(self.name), 30)
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
    provider: FakeProvider,
) -> None:
    tick = 2.0
    layer = StreamsChannelLayer()
    feed = Feed(make_refresher(provider, tick), layer, tick, is_shared=False)
    listener = Listener(feed, layer, await layer.new_channel())
    await feed.join(AAPL, listener.name)
    snapshots = await asyncio.gather(*(feed.first(AAPL) for _ in range(50)))
    assert len(set(snapshots)) == 1
    assert provider.calls["fetch_quotes"] == 1
    event = await listener.next_event()
    assert (await feed.first(AAPL)).made_at >= float(str(event["made_at"]))
    await feed.close()


async def test_newcomers_whose_source_hangs_do_not_hold_up_the_ticks_of_others(
    provider: FakeProvider,
) -> None:
    tick = 0.5
    layer = StreamsChannelLayer()
    refresher = make_refresher(provider, tick)
    refresher.warm_up(utc_now())
    feed = Feed(refresher, layer, tick, is_shared=False)
    listener = Listener(feed, layer, await layer.new_channel())
    released = threading.Event()
    provider.faults["fetch_quotes"] = lambda: released.wait(10)
    await feed.join(HOURS, listener.name)
    waiting = []
    for n in range(20):
        newcomer = Subscription(Endpoint.QUOTES, (f"SIM{n:04}",))
        await feed.join(newcomer, await layer.new_channel())
        waiting.append(asyncio.create_task(feed.first(newcomer)))
        await asyncio.sleep(tick / 8)
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(answer) for answer in answers} <= {TimeoutError, Snapshot}
    made_at = [float(str((await listener.next_event())["made_at"])) for _ in range(8)]
    gaps = [later - earlier for earlier, later in pairwise(made_at)]
    assert max(gaps) < 5, "ten seconds, when they wait for it"
    released.set()
    await feed.close()


async def test_what_many_follow_is_delivered_before_what_one_does(provider: FakeProvider) -> None:
    layer = StreamsChannelLayer()
    feed = Feed(make_refresher(provider, 1.0), layer, 1.0, is_shared=False)
    alone = [Subscription(Endpoint.PROFILE, (f"S{n}",)) for n in range(20)]
    heard: asyncio.Queue[str] = asyncio.Queue()
    for subscription in (*alone, AAPL, AAPL):
        name = await layer.new_channel()
        layer.attach(name, lambda group, message: heard.put_nowait(group))
        await feed.join(subscription, name)
    async with asyncio.timeout(30):
        groups = [await heard.get() for _ in range(22)]
    assert groups[:2] == [AAPL.group] * 2
    await feed.close()


async def test_a_newcomer_costs_the_same_however_many_listen_to_other_things() -> None:
    class Counting(Refresher):
        asked = 0

        def shard_of(self, subscription: Subscription) -> int:
            self.asked += 1
            return super().shard_of(subscription)

    state = memory_state(LONG_TICK_SECONDS)
    refresher = Counting(Fetcher(FakeProvider(), state.quotes), state, LONG_TICK_SECONDS, 4)
    layer = StreamsChannelLayer()
    feed = Feed(refresher, layer, LONG_TICK_SECONDS, is_shared=True)
    name = await layer.new_channel()
    subscriptions = [Subscription(Endpoint.PROFILE, (f"S{n}",)) for n in range(100)]
    for subscription in subscriptions:
        await feed.join(subscription, name)
    assert refresher.asked == 100
    for subscription in subscriptions:
        await feed.leave(subscription, name)
    assert refresher.asked == 100
    await feed.close()


async def test_a_join_that_the_layer_fails_is_made_up_for_by_the_next() -> None:
    class Failing(InMemoryChannelLayer):
        is_down = True

        async def group_add(self, group: str, channel: str) -> None:
            if self.is_down:
                raise ConnectionError("Redis is gone")
            await super().group_add(group, channel)

    layer = Failing()
    feed = Feed(make_refresher(FakeProvider(), TICK_SECONDS), layer, TICK_SECONDS, is_shared=False)
    for name in ("specific.one", "specific.two"):
        with pytest.raises(ConnectionError):
            await feed.join(AAPL, name)
    layer.is_down = False
    await feed.join(AAPL, "specific.two")
    await feed.leave(AAPL, "specific.one")
    event = await asyncio.wait_for(layer.receive("specific.two"), 30)
    assert event["group"] == AAPL.group
    await feed.close()


async def test_who_joins_while_the_last_one_leaves_gets_the_ticks() -> None:
    class Slow(InMemoryChannelLayer):
        async def group_discard(self, group: str, channel: str) -> None:
            await super().group_discard(group, channel)
            await asyncio.sleep(0.01)

        async def group_add(self, group: str, channel: str) -> None:
            await super().group_add(group, channel)
            await asyncio.sleep(0.01)

    layer = Slow()
    feed = Feed(make_refresher(FakeProvider(), TICK_SECONDS), layer, TICK_SECONDS, is_shared=False)
    await feed.join(AAPL, "specific.one")
    for last, newcomer in [("one", "two"), ("two", "three")]:
        leaving = asyncio.create_task(feed.leave(AAPL, f"specific.{last}"))
        await asyncio.sleep(0.005)
        await feed.join(AAPL, f"specific.{newcomer}")
        await leaving
    event = await asyncio.wait_for(layer.receive("specific.three"), 30)
    assert (await feed.first(AAPL)).made_at >= event["made_at"], "the feed itself heard it too"
    await feed.close()
