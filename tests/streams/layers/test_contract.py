"""What every channel layer does, ours in both modes and the stock ones alike.

Modelled on the behaviour that the tests of channels and channels_redis describe. That
something does *not* arrive is shown by what arrives next.
"""

import asyncio
import random

import pytest
from channels.layers import BaseChannelLayer

from streams.layers import StreamsChannelLayer

from .conftest import Backend, receive

only_ours = pytest.mark.parametrize("backend", ["local", "redis"], indirect=True)
validating = pytest.mark.parametrize(
    "backend", ["local", "redis", "stock in-memory"], indirect=True
)


async def test_a_sent_message_is_received(layer: BaseChannelLayer, backend: Backend) -> None:
    channel = await layer.new_channel()
    await backend.settle(layer)
    await layer.send(channel, {"type": "test.message", "text": "Ahoy-hoy!"})
    assert await receive(layer, channel) == {"type": "test.message", "text": "Ahoy-hoy!"}


async def test_messages_arrive_in_order(layer: BaseChannelLayer, backend: Backend) -> None:
    channel = await layer.new_channel()
    await backend.settle(layer)
    for number in range(3):
        await layer.send(channel, {"type": f"message.{number}"})
    got = [(await receive(layer, channel))["type"] for _ in range(3)]
    assert got == ["message.0", "message.1", "message.2"]


async def test_a_message_wakes_who_waits_for_it(layer: BaseChannelLayer, backend: Backend) -> None:
    channel = await layer.new_channel()
    await backend.settle(layer)
    waiting = asyncio.create_task(receive(layer, channel))
    await asyncio.sleep(0)
    await layer.send(channel, {"type": "message"})
    assert await waiting == {"type": "message"}


async def test_of_several_who_wait_each_message_wakes_one(
    layer: BaseChannelLayer, backend: Backend
) -> None:
    channel = await layer.new_channel()
    await backend.settle(layer)
    waiting = [asyncio.create_task(receive(layer, channel)) for _ in range(2)]
    await asyncio.sleep(0)
    for number in range(2):
        await layer.send(channel, {"type": f"message.{number}"})
    got = sorted(message["type"] for message in await asyncio.gather(*waiting))
    assert got == ["message.0", "message.1"]


async def test_a_group_message_reaches_the_members_and_not_who_left(
    layer: BaseChannelLayer, backend: Backend
) -> None:
    first, left, third = [await layer.new_channel() for _ in range(3)]
    for channel in (first, left, third):
        await layer.group_add("group", channel)
    await layer.group_discard("group", left)
    await backend.settle(layer)
    await layer.group_send("group", {"type": "message.1"})
    assert (await receive(layer, first))["type"] == "message.1"
    assert (await receive(layer, third))["type"] == "message.1"
    await layer.send(left, {"type": "next"})
    assert (await receive(layer, left))["type"] == "next"


async def test_new_channels_are_different(layer: BaseChannelLayer, backend: Backend) -> None:
    channels = [await layer.new_channel() for _ in range(3)]
    for channel in channels:
        await layer.group_add("group", channel)
    await backend.settle(layer)
    await layer.group_send("group", {"type": "message.1"})
    for channel in channels:
        assert (await receive(layer, channel))["type"] == "message.1"


async def test_groups_are_isolated(layer: BaseChannelLayer, backend: Backend) -> None:
    mine, other = await layer.new_channel(), await layer.new_channel()
    await layer.group_add("mine", mine)
    await layer.group_add("other", other)
    await backend.settle(layer)
    await layer.group_send("other", {"type": "for.other"})
    await layer.group_send("mine", {"type": "for.mine"})
    assert (await receive(layer, mine))["type"] == "for.mine"
    assert (await receive(layer, other))["type"] == "for.other"


async def test_a_channel_can_be_in_several_groups(
    layer: BaseChannelLayer, backend: Backend
) -> None:
    channel = await layer.new_channel()
    for group in ("one", "two"):
        await layer.group_add(group, channel)
    await backend.settle(layer)
    await layer.group_send("one", {"type": "from.one"})
    assert (await receive(layer, channel))["type"] == "from.one"
    await layer.group_discard("one", channel)
    await layer.group_send("one", {"type": "from.one"})
    await layer.group_send("two", {"type": "from.two"})
    assert (await receive(layer, channel))["type"] == "from.two"


async def test_joining_twice_brings_a_message_once(
    layer: BaseChannelLayer, backend: Backend
) -> None:
    channel = await layer.new_channel()
    for _ in range(2):
        await layer.group_add("group", channel)
    await backend.settle(layer)
    await layer.group_send("group", {"type": "once"})
    await layer.group_send("group", {"type": "next"})
    got = [(await receive(layer, channel))["type"] for _ in range(2)]
    assert got == ["once", "next"]


async def test_one_can_come_back_to_a_group(layer: BaseChannelLayer, backend: Backend) -> None:
    channel = await layer.new_channel()
    await layer.group_add("group", channel)
    await layer.group_discard("group", channel)
    await layer.group_add("group", channel)
    await backend.settle(layer)
    await layer.group_send("group", {"type": "message"})
    assert (await receive(layer, channel))["type"] == "message"


async def test_leaving_a_group_one_is_not_in_is_fine(layer: BaseChannelLayer) -> None:
    channel = await layer.new_channel()
    await layer.group_discard("never-heard-of", channel)


async def test_a_group_nobody_is_in_can_be_sent_to(layer: BaseChannelLayer) -> None:
    await layer.group_send("nobody", {"type": "message"})


@only_ours
async def test_a_reset_random_seed_does_not_repeat_a_name(our_layer: StreamsChannelLayer) -> None:
    random.seed(1)
    first = await our_layer.new_channel()
    random.seed(1)
    assert await our_layer.new_channel() != first


async def test_names_of_new_channels_are_valid(layer: BaseChannelLayer) -> None:
    assert BaseChannelLayer().require_valid_channel_name(await layer.new_channel())


async def test_after_a_flush_the_layer_is_like_new(
    layer: BaseChannelLayer, backend: Backend
) -> None:
    old = await layer.new_channel()
    await layer.group_add("group", old)
    await layer.flush()
    new = await layer.new_channel()
    await layer.group_add("group", new)
    await backend.settle(layer)
    await layer.group_send("group", {"type": "message"})
    assert (await receive(layer, new))["type"] == "message"


@validating
@pytest.mark.parametrize("name", ["", "with space", "bang!", "ä", "x" * 100, 7])
async def test_a_bad_group_name_is_refused(layer: BaseChannelLayer, name: str) -> None:
    channel = await layer.new_channel()
    for call in (layer.group_add, layer.group_discard):
        with pytest.raises(TypeError, match="Group name"):
            await call(name, channel)
    with pytest.raises(TypeError, match="Group name"):
        await layer.group_send(name, {"type": "message"})


@validating
async def test_only_a_dict_is_a_message(layer: BaseChannelLayer) -> None:
    with pytest.raises((TypeError, AssertionError)):
        await layer.group_send("group", "text")  # type: ignore[arg-type]
    with pytest.raises((TypeError, AssertionError)):
        await layer.send("channel", "text")  # type: ignore[arg-type]


@only_ours
async def test_a_full_channel_keeps_the_newest_messages(
    our_layer: StreamsChannelLayer, caplog: pytest.LogCaptureFixture
) -> None:
    channel = await our_layer.new_channel()
    await our_layer.group_add("group", channel)
    for number in range(103):
        await our_layer.group_send("group", {"number": number})
    got = [(await receive(our_layer, channel))["number"] for _ in range(100)]
    assert got == list(range(3, 103))
    assert our_layer.dropped_messages == 3
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@only_ours
async def test_a_cancelled_receive_can_be_taken_up_again(our_layer: StreamsChannelLayer) -> None:
    channel = await our_layer.new_channel()
    await our_layer.group_add("group", channel)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await our_layer.receive(channel)
    await our_layer.group_send("group", {"type": "message"})
    assert await receive(our_layer, channel) == {"type": "message"}


@only_ours
async def test_all_receivers_get_the_same_object(our_layer: StreamsChannelLayer) -> None:
    channels = [await our_layer.new_channel() for _ in range(2)]
    for channel in channels:
        await our_layer.group_add("group", channel)
    await our_layer.group_send("group", {"type": "message"})
    first, second = [await receive(our_layer, channel) for channel in channels]
    assert first is second


@only_ours
async def test_many_groups_are_sent_to_at_once(our_layer: StreamsChannelLayer) -> None:
    channels = [await our_layer.new_channel() for _ in range(3)]
    for number, channel in enumerate(channels):
        await our_layer.group_add(f"group-{number}", channel)
    await our_layer.group_send_many([(f"group-{n}", {"number": n}) for n in range(3)])
    got = [(await receive(our_layer, channel))["number"] for channel in channels]
    assert got == [0, 1, 2]
