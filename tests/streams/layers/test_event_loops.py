"""Several event loops use one layer: `async_to_sync` in Celery tasks, commands and threads."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import async_to_sync

from streams.layers import StreamsChannelLayer

from .conftest import TIMEOUTS, Layers, receive, wait_until


async def in_thread(function: Callable[[], object]) -> None:
    """Run in a thread that knows nothing of this event loop, as a Celery worker's."""
    with ThreadPoolExecutor(1) as executor:
        await asyncio.get_running_loop().run_in_executor(executor, function)


async def test_a_message_sent_from_a_thread_arrives(layers: Layers) -> None:
    layer, channel = await layers.make_member()
    clients = len(layers.server.list_clients())

    def send() -> None:
        async_to_sync(layer.group_send)("group", {"number": 1})
        async_to_sync(layer.group_send_many)([("group", {"number": 2})])
        async_to_sync(layer.send)(channel, {"number": 3})

    await in_thread(send)
    assert [(await receive(layer, channel))["number"] for _ in range(3)] == [1, 2, 3]
    await wait_until(lambda: len(layers.server.list_clients()) <= clients)


async def test_a_sender_leaves_no_connection_and_no_task(own_layers: Layers) -> None:
    own_layers.server.start()
    layer = own_layers.make()
    left: list[int] = []

    async def send() -> None:
        await layer.group_send("group", {"type": "message"})
        left.append(len(asyncio.all_tasks()) - 1)

    await in_thread(lambda: asyncio.run(send()))
    assert left == [0]
    await wait_until(lambda: own_layers.server.list_clients() == [])


async def test_many_threads_send_at_once(layers: Layers) -> None:
    layer, channel = await layers.make_member()
    start = threading.Barrier(4)

    def send() -> None:
        start.wait()
        for _ in range(5):
            async_to_sync(layer.group_send)("group", {"type": "message"})

    with ThreadPoolExecutor(4) as executor:
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(executor, send) for _ in range(4)))
    for _ in range(20):
        await receive(layer, channel)


async def test_a_sender_without_redis_warns_once_and_does_not_raise(
    own_layers: Layers, caplog: pytest.LogCaptureFixture
) -> None:
    layer = own_layers.make()
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            await in_thread(lambda: async_to_sync(layer.group_send)("group", {}))
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert layer.unpublished_messages == 3

        own_layers.server.start()
        deadline = time.monotonic() + 30
        while not layer.is_connected and time.monotonic() < deadline:
            await in_thread(lambda: async_to_sync(layer.group_send)("group", {}))
        assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_loops_without_redis_do_not_disturb_each_other() -> None:
    layer = StreamsChannelLayer()
    channel = await layer.new_channel()
    await layer.group_add("group", channel)
    await in_thread(lambda: async_to_sync(layer.group_send)("group", {"from": "thread"}))
    await layer.group_send("group", {"from": "here"})
    assert await receive(layer, channel) == {"from": "here"}


def test_a_loop_that_ends_closes_the_layer(layers_url: str) -> None:
    """No warning of a pending task or an open transport: pytest would make it an error."""

    async def join() -> None:
        layer = StreamsChannelLayer(hosts=[{"address": layers_url, **TIMEOUTS}])
        await layer.group_add("group", await layer.new_channel())
        await layer.settle()

    for _ in range(3):
        asyncio.run(join())


@pytest.fixture
def layers_url(layers: Layers) -> str:
    return layers.server.url
