"""Direct delivery, and channels that nobody receives from any more."""

import asyncio
import gc
import logging

import pytest

from streams.layers import Message, StreamsChannelLayer
from streams.layers.fanout import Fanout
from streams.layers.throttle import Throttle

from .conftest import receive


class Received(list[tuple[str, Message]]):
    def deliver(self, group: str, message: Message) -> None:
        self.append((group, message))


@pytest.fixture
def layer() -> StreamsChannelLayer:
    return StreamsChannelLayer()


async def join_attached(layer: StreamsChannelLayer) -> tuple[str, Received]:
    channel, received = await layer.new_channel(), Received()
    layer.attach(channel, received.deliver)
    await layer.group_add("group", channel)
    return channel, received


async def test_an_attached_channel_is_handed_the_very_message(layer: StreamsChannelLayer) -> None:
    channel, received = await join_attached(layer)
    message = {"type": "message"}
    await layer.group_send("group", message)
    assert received == [("group", message)]
    assert received[0][1] is message


async def test_messages_to_the_attached_channel_itself_are_queued(
    layer: StreamsChannelLayer,
) -> None:
    channel, received = await join_attached(layer)
    await layer.send(channel, {"type": "for.you"})
    assert await receive(layer, channel) == {"type": "for.you"}
    assert received == []


async def test_a_detached_channel_is_queued_again(layer: StreamsChannelLayer) -> None:
    channel, received = await join_attached(layer)
    layer.detach(channel)
    await layer.group_send("group", {"type": "message"})
    assert await receive(layer, channel) == {"type": "message"}
    assert received == []


async def test_a_deliver_that_raises_is_logged_once_and_stops_nobody(
    layer: StreamsChannelLayer, caplog: pytest.LogCaptureFixture
) -> None:
    broken = await layer.new_channel()
    layer.attach(broken, lambda group, message: message["missing"])
    await layer.group_add("group", broken)
    _, received = await join_attached(layer)
    for _ in range(3):
        await layer.group_send("group", {"type": "message"})
    assert len(received) == 3
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_a_deliver_may_make_others_leave(layer: StreamsChannelLayer) -> None:
    channel, received = await join_attached(layer)
    fanout = layer._here()._fanout
    layer.attach(channel, lambda group, message: fanout.leave(group, channel))
    _, others = await join_attached(layer)
    await layer.group_send("group", {"type": "message"})
    assert len(others) == 1
    assert list(fanout.groups["group"]) != [channel]


async def test_nothing_is_left_of_a_client_that_left(layer: StreamsChannelLayer) -> None:
    fanout = layer._here()._fanout
    attached, _ = await join_attached(layer)
    queued = await layer.new_channel()
    await layer.group_add("group", queued)
    waiting = asyncio.create_task(layer.receive(queued))
    await asyncio.sleep(0)
    for channel in (attached, queued):
        await layer.group_discard("group", channel)
    layer.detach(attached)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert fanout.mailboxes == {}
    assert fanout.groups == {}


async def test_a_consumer_that_died_in_its_groups_is_forgotten() -> None:
    closed = asyncio.Event()
    fanout = Fanout(
        lambda channel: 10,
        expiry=0.01,
        dropped=Throttle(logging.getLogger(), "%d"),
        on_closed=lambda group: closed.set(),
    )
    fanout.join("group", "channel")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await fanout.receive("channel")
    async with asyncio.timeout(30):
        await closed.wait()
    assert fanout.groups == {}
    gc.collect()
    assert fanout.mailboxes == {}


async def test_a_channel_has_the_capacity_of_the_first_pattern_it_matches() -> None:
    layer = StreamsChannelLayer(capacity=3, channel_capacity={"small*": 1})
    for channel, kept in (("small.one", [2]), ("other", [0, 1, 2])):
        for number in range(3):
            await layer.send(channel, {"number": number})
        assert [(await receive(layer, channel))["number"] for _ in kept] == kept


def test_a_throttled_warning_tells_how_many_were_silent(caplog: pytest.LogCaptureFixture) -> None:
    throttle = Throttle(logging.getLogger("test"), "%d lost", seconds=1000)
    for number in range(3):
        throttle.count(f"number {number}")
    throttle._next_at = 0
    throttle.count()
    assert caplog.messages == ["1 lost (number 0)", "3 lost"]
    assert throttle.total == 4
