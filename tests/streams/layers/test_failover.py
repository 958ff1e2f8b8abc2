"""Redis dies, freezes, refuses or is not there yet; the receivers in the process do not notice."""

import asyncio
import logging
from collections.abc import Iterator

import pytest

from streams.layers import StreamsChannelLayer
from tests.redis_server import RedisServer
from tests.streams.nodes import at_most

from .conftest import WAIT_SECONDS, Layers, receive

LOGGER = "streams.layers"


class Watch:
    """Waits for a layer's health to change."""

    def __init__(self, layer: StreamsChannelLayer) -> None:
        self.changes: list[bool] = []
        self._layer = layer
        self._changed = asyncio.Event()
        layer.health_listeners.append(self._note)

    async def until(self, connected: bool) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while self._layer.is_connected is not connected:
                self._changed.clear()
                await self._changed.wait()

    def _note(self, connected: bool) -> None:
        self.changes.append(connected)
        self._changed.set()


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, LOGGER):
        yield caplog


def levels(log: pytest.LogCaptureFixture) -> list[str]:
    return [record.levelname for record in log.records]


async def assert_both_ways_once(
    here: tuple[StreamsChannelLayer, str], there: tuple[StreamsChannelLayer, str]
) -> None:
    """Messages go both ways between the two, each of them once and nothing else."""
    for (sender, _), number in ((here, 1), (there, 2)):
        await sender.group_send("group", {"number": number})
        for layer, channel in (here, there):
            assert await receive(layer, channel) == {"number": number}


async def test_redis_killed_and_restarted_empty(
    own_layers: Layers, log: pytest.LogCaptureFixture
) -> None:
    server = own_layers.server
    server.start()
    here, there = await own_layers.make_member(), await own_layers.make_member()
    layer, channel = here
    watch = Watch(layer)
    server.kill()
    await watch.until(False)
    await Watch(there[0]).until(False)
    assert levels(log) == ["WARNING", "WARNING"]
    assert "subscriptions that wait to be restored: 2" in log.messages[0]

    with at_most(0.5):
        newcomer = await layer.new_channel()
        await layer.group_add("group", newcomer)
        for number in range(20):
            await layer.group_send("group", {"number": number})
    for number in range(20):
        assert await receive(layer, channel) == {"number": number}
        assert await receive(layer, newcomer) == {"number": number}
    assert layer.unpublished_messages == 20

    server.start()
    with at_most(2):
        await watch.until(True)
        await Watch(there[0]).until(True)
    assert levels(log) == ["WARNING", "WARNING", "INFO", "INFO"]
    assert any("messages that were not published: 20" in message for message in log.messages)
    await assert_both_ways_once(here, there)
    assert watch.changes == [False, True]


async def test_redis_frozen_while_publishing(
    own_layers: Layers, log: pytest.LogCaptureFixture
) -> None:
    own_layers.server.start()
    patient = {"address": own_layers.server.url, "socket_timeout": 2.0}
    here, there = (
        await own_layers.make_member(ping_seconds=60, hosts=[patient]),
        await own_layers.make_member(ping_seconds=60, hosts=[patient]),
    )
    layer, channel = here
    watch = Watch(layer)
    own_layers.server.pause()
    with at_most(2):
        sending = asyncio.create_task(layer.group_send("group", {"number": 0}))
        assert await receive(layer, channel) == {"number": 0}
        assert not sending.done()  # local delivery does not wait for the publishing
        await sending
    assert not layer.is_connected
    with at_most(0.5):
        for number in range(20):
            await layer.group_send("group", {"number": number})
    for _ in range(20):
        await receive(layer, channel)
    own_layers.server.resume()
    with at_most(2):
        await watch.until(True)
    assert levels(log) == ["WARNING", "INFO"]
    await assert_both_ways_once(here, there)


async def test_redis_frozen_while_nobody_publishes(
    own_layers: Layers, log: pytest.LogCaptureFixture
) -> None:
    own_layers.server.start()
    here, there = await own_layers.make_member(), await own_layers.make_member()
    own_layers.server.pause()
    for layer, _ in (here, there):
        await Watch(layer).until(False)
    own_layers.server.resume()
    with at_most(2):
        for layer, _ in (here, there):
            await Watch(layer).until(True)
    assert sorted(levels(log)) == ["INFO", "INFO", "WARNING", "WARNING"]
    await assert_both_ways_once(here, there)


async def test_pubsub_connections_killed(own_layers: Layers, log: pytest.LogCaptureFixture) -> None:
    own_layers.server.start()
    here, there = await own_layers.make_member(), await own_layers.make_member()
    watches = [Watch(layer) for layer, _ in (here, there)]
    own_layers.server.command("CLIENT", "KILL", "TYPE", "pubsub")
    with at_most(2):
        for watch in watches:
            await watch.until(False)
        for watch in watches:
            await watch.until(True)
    assert sorted(levels(log)) == ["INFO", "INFO", "WARNING", "WARNING"]
    await assert_both_ways_once(here, there)


async def test_a_killed_publishing_connection_is_replaced_unnoticed(
    own_layers: Layers, log: pytest.LogCaptureFixture
) -> None:
    own_layers.server.start()
    here, there = await own_layers.make_member(), await own_layers.make_member()
    await assert_both_ways_once(here, there)
    own_layers.server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    await here[0].settle()
    await asyncio.sleep(0.05)  # until the end of the connection has reached the event loop
    await assert_both_ways_once(here, there)
    assert log.records == []


async def test_started_before_redis_exists(
    own_layers: Layers, log: pytest.LogCaptureFixture
) -> None:
    layer = own_layers.make()
    watch = Watch(layer)
    with at_most(0.5):
        channel = await layer.new_channel()
        await layer.group_add("group", channel)
        await layer.group_send("group", {"number": 0})
    assert await receive(layer, channel) == {"number": 0}
    own_layers.server.start()
    with at_most(2):
        await watch.until(True)
    assert levels(log) == ["WARNING", "INFO"]
    await layer.settle()
    await assert_both_ways_once((layer, channel), await own_layers.make_member())


async def test_a_refused_publish_is_a_warning_and_is_tried_again(
    own_layers: Layers, log: pytest.LogCaptureFixture
) -> None:
    own_layers.server.start()
    layer, channel = await own_layers.make_member()
    watch = Watch(layer)
    own_layers.server.command("ACL", "SETUSER", "default", "-publish")
    await layer.group_send("group", {"number": 0})
    assert await receive(layer, channel) == {"number": 0}
    assert not layer.is_connected
    assert levels(log) == ["WARNING"]
    own_layers.server.command("ACL", "SETUSER", "default", "+publish")
    with at_most(2):
        await watch.until(True)
    assert levels(log) == ["WARNING", "INFO"]


async def test_a_full_redis_goes_on_publishing(log: pytest.LogCaptureFixture) -> None:
    server = RedisServer("--maxmemory", "1mb", "--maxmemory-policy", "noeviction")
    server.start()
    layers = Layers(server)
    try:
        here, there = await layers.make_member(), await layers.make_member()
        await assert_both_ways_once(here, there)
    finally:
        await layers.close()
        server.kill()
    assert log.records == []


async def test_one_of_several_servers_lost(
    layers: Layers, own_server: RedisServer, log: pytest.LogCaptureFixture
) -> None:
    own_server.start()
    layer = layers.make(hosts=[layers.server.url, own_server.url])
    channel = await layer.new_channel()
    for number in range(20):
        await layer.group_add(f"group-{number}", channel)
    await layer.settle()
    watch = Watch(layer)
    own_server.kill()
    await watch.until(False)
    await layer.group_send_many([(f"group-{n}", {"number": n}) for n in range(20)])
    assert [(await receive(layer, channel))["number"] for _ in range(20)] == list(range(20))
    assert 0 < layer.unpublished_messages < 20
    own_server.start()
    await watch.until(True)
    assert levels(log) == ["WARNING", "INFO"]


async def test_a_listener_that_fails_is_logged(
    layers: Layers, log: pytest.LogCaptureFixture
) -> None:
    layer = layers.make()
    watch = Watch(layer)
    layer.health_listeners.insert(0, lambda connected: 1 / 0)  # type: ignore[arg-type]
    await layer.connect()
    await watch.until(True)
    assert levels(log) == ["ERROR"]


async def test_closing_does_not_wait_for_a_frozen_redis(own_layers: Layers) -> None:
    own_layers.server.start()
    patient = {"address": own_layers.server.url, "socket_timeout": 30.0}
    layer, _ = await own_layers.make_member(hosts=[patient])
    own_layers.server.pause()
    with at_most(1):
        await layer.close()
