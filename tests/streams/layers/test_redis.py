"""What happens in Redis: subscriptions, connections, encoding, sharding."""

import asyncio
import json
from typing import Any

import pytest

from streams.layers import StreamsChannelLayer
from tests.redis_server import RedisServer

from .conftest import Layers, receive, wait_until


async def test_a_group_message_reaches_the_other_process(layers: Layers) -> None:
    here, my_channel = await layers.make_member()
    there, their_channel = await layers.make_member()
    await here.group_send("group", {"number": 1})
    await here.group_send("group", {"number": 2})
    for layer, channel in ((here, my_channel), (there, their_channel)):
        got = [(await receive(layer, channel))["number"] for _ in range(2)]
        assert got == [1, 2]


async def test_many_group_messages_reach_the_other_process_in_order(layers: Layers) -> None:
    here, there = layers.make(), layers.make()
    channel = await there.new_channel()
    for number in range(50):
        await there.group_add(f"group-{number}", channel)
    await there.settle()
    await here.group_send_many([(f"group-{n}", {"number": n}) for n in range(50)])
    assert [(await receive(there, channel))["number"] for _ in range(50)] == list(range(50))


async def test_a_channel_of_the_other_process_can_be_sent_to(layers: Layers) -> None:
    here, there = layers.make(), layers.make()
    first, second = await there.new_channel(), await there.new_channel()
    await there.settle()
    await here.send(second, {"type": "for.second"})
    await here.send(first, {"type": "for.first"})
    assert await receive(there, first) == {"type": "for.first"}
    assert await receive(there, second) == {"type": "for.second"}


async def test_a_plain_channel_can_be_sent_to_from_anywhere(layers: Layers) -> None:
    here, there = layers.make(), layers.make()
    task = asyncio.create_task(receive(there, "plain"))
    await asyncio.sleep(0)
    await there.settle()
    await here.send("plain", {"number": 1})
    assert await task == {"number": 1}
    await there.send("plain", {"number": 2})
    assert await receive(there, "plain") == {"number": 2}


async def test_a_foreign_channel_cannot_join(layers: Layers) -> None:
    channel = await layers.make().new_channel()
    with pytest.raises(RuntimeError, match="another process"):
        await layers.make().group_add("group", channel)


async def test_a_group_has_one_subscription_until_its_last_member_leaves(layers: Layers) -> None:
    name = "counted__group__group"
    layer, first = await layers.make_member(prefix="counted")
    second = await layer.new_channel()
    await layer.group_add("group", second)
    await layer.settle()
    assert layers.server.count_subscribers(name) == 1
    await layer.group_discard("group", first)
    await layer.settle()
    assert layers.server.count_subscribers(name) == 1
    await layer.group_discard("group", second)
    await layer.settle()
    assert layers.server.count_subscribers(name) == 0


async def test_a_process_has_two_connections_whatever_its_clients(own_layers: Layers) -> None:
    own_layers.server.start()
    layer = own_layers.make()
    channels = [await layer.new_channel() for _ in range(200)]
    for number, channel in enumerate(channels):
        await layer.group_add(f"group-{number % 40}", channel)
    await layer.settle()
    await layer.group_send_many([(f"group-{n}", {"type": "message"}) for n in range(40)])
    for channel in channels:
        await receive(layer, channel)
    clients = own_layers.server.list_clients()
    assert sorted(client["sub"] for client in clients) == ["0", "41"]  # 40 groups and the inbox
    await layer.close()
    await wait_until(lambda: own_layers.server.list_clients() == [])


async def test_new_channels_and_members_cost_no_redis_command_each(own_layers: Layers) -> None:
    own_layers.server.start()
    layer, _ = await own_layers.make_member(ping_seconds=60)
    before = count_commands(own_layers.server)
    assert before > 0
    for _ in range(100):
        await layer.group_add("group", await layer.new_channel())
    await layer.settle()
    assert count_commands(own_layers.server) - before <= 2  # at most one look for changes


async def test_a_message_is_decoded_once_for_all_receivers(layers: Layers) -> None:
    there, first = await layers.make_member()
    second = await there.new_channel()
    await there.group_add("group", second)
    await layers.make().group_send("group", {"type": "message"})
    assert await receive(there, first) is await receive(there, second)


async def test_the_echo_of_a_message_is_not_delivered(layers: Layers) -> None:
    here, channel = await layers.make_member()
    await here.group_send("group", {"number": 1})
    # Comes after the echo on the same connection.
    await layers.make().group_send("group", {"number": 2})
    assert [(await receive(here, channel))["number"] for _ in range(2)] == [1, 2]


@pytest.mark.parametrize(
    "config",
    [
        {"symmetric_encryption_keys": ["secret"]},
        {"serializer_format": "json"},
        {"prefix": "another"},
        {"serializer_format": "json", "symmetric_encryption_keys": ["new", "old"]},
    ],
    ids=json.dumps,
)
async def test_the_options_of_channels_redis_work(layers: Layers, config: dict[str, Any]) -> None:
    there, channel = await layers.make_member(**config)
    await layers.make(**config).group_send("group", {"text": "ä", "number": 1.5})
    assert await receive(there, channel) == {"text": "ä", "number": 1.5}


async def test_what_cannot_be_decoded_is_dropped_with_one_warning(
    layers: Layers, caplog: pytest.LogCaptureFixture
) -> None:
    layer, channel = await layers.make_member(symmetric_encryption_keys=["mine"])
    stranger = layers.make(symmetric_encryption_keys=["not yours"])
    layers.server.command("PUBLISH", "asgi__group__group", "rubbish")
    await stranger.group_send("group", {"type": "unreadable"})
    await layers.make(symmetric_encryption_keys=["mine"]).group_send("group", {"type": "message"})
    assert await receive(layer, channel) == {"type": "message"}
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize("rubbish", ["7", "[1]", '{"no": "channel"}'])
async def test_what_is_not_a_message_is_dropped(layers: Layers, rubbish: str) -> None:
    layer, channel = await layers.make_member(serializer_format="json")
    node = channel.partition("!")[0].removeprefix("specific.")
    layers.server.command("PUBLISH", f"asgi__inbox__{node}", f"{'x' * 16}{rubbish}")
    if not rubbish.startswith("{"):
        layers.server.command("PUBLISH", "asgi__group__group", f"{'x' * 16}{rubbish}")
    await layers.make(serializer_format="json").group_send("group", {"type": "message"})
    assert await receive(layer, channel) == {"type": "message"}
    assert layer.is_connected


async def test_a_message_that_cannot_be_encoded_raises(layers: Layers) -> None:
    with pytest.raises(TypeError):
        await layers.make().group_send("group", {"what": object()})


@pytest.fixture
def two_servers(redis_server: RedisServer, own_server: RedisServer) -> list[RedisServer]:
    own_server.start()
    return [redis_server, own_server]


async def test_groups_are_spread_over_several_servers(
    layers: Layers, two_servers: list[RedisServer]
) -> None:
    hosts = [server.url for server in two_servers]
    here, there = layers.make(hosts=hosts), layers.make(hosts=hosts, prefix="asgi")
    channel = await there.new_channel()
    groups = [f"group-{number}" for number in range(20)]
    for group in groups:
        await there.group_add(group, channel)
    await there.settle()
    for server in two_servers:
        assert any(server.count_subscribers(f"asgi__group__{group}") for group in groups)
    await here.group_send_many([(group, {"group": group}) for group in groups])
    assert {(await receive(there, channel))["group"] for _ in groups} == set(groups)
    assert here.is_connected


async def test_a_password_is_used_and_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    server = RedisServer("--requirepass", "hunter2")
    url = server.url
    server.url = url.replace("//", "//:hunter2@")
    layers = Layers(server)
    server.start()
    try:
        layer, _ = await layers.make_member()
        assert layer.is_connected
        server.kill()
        await wait_until(lambda: not layer.is_connected)
    finally:
        await layers.close()
        server.kill()
    assert len(caplog.records) == 1
    assert "hunter2" not in caplog.text


async def test_health_is_unknown_until_it_is_asked_for(layers: Layers) -> None:
    layer = layers.make()
    assert layer.is_shared
    assert not layer.is_connected
    await layer.connect()
    await layer.settle()
    assert layer.is_connected


async def test_without_hosts_there_is_nothing_to_be_connected_to() -> None:
    layer = StreamsChannelLayer()
    assert not layer.is_shared
    assert not layer.is_connected
    await layer.connect()
    await layer.settle()


def count_commands(server: RedisServer) -> int:
    """How many commands other connections than ours have sent."""
    stats = server.command("INFO", "commandstats")
    return sum(
        int(value["calls"])
        for name, value in stats.items()
        if name in ("cmdstat_subscribe", "cmdstat_unsubscribe", "cmdstat_publish", "cmdstat_ping")
    )
