"""The ears: each message of an open group is heard once, whichever layer there is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.layers import BaseChannelLayer, InMemoryChannelLayer

from streams.ears import Ears
from streams.layers import StreamsChannelLayer


class Heard:
    """What was heard, to be waited for; told to, it fails at the next message."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.failed: asyncio.Queue[str] = asyncio.Queue()
        self.fails = False

    def __call__(self, group: str, message: dict[str, Any]) -> None:
        if self.fails:
            self.failed.put_nowait(group)
            raise RuntimeError("a bug")
        self.messages.put_nowait((group, message["number"]))

    async def next(self) -> tuple[str, Any]:
        return await asyncio.wait_for(self.messages.get(), 30)


@pytest.fixture(params=[StreamsChannelLayer, InMemoryChannelLayer])
def layer(request: pytest.FixtureRequest) -> BaseChannelLayer:
    layer: BaseChannelLayer = request.param()
    return layer


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def ears(layer: BaseChannelLayer, heard: Heard) -> AsyncIterator[Ears]:
    ears = Ears(layer, heard)
    yield ears
    await ears.stop()


async def send(layer: BaseChannelLayer, group: str, number: int) -> None:
    await layer.group_send(group, {"type": "x", "group": group, "number": number})


async def test_what_is_sent_to_an_open_group_is_heard_once(
    layer: BaseChannelLayer, ears: Ears, heard: Heard
) -> None:
    await asyncio.gather(*(ears.open(group) for group in ("a", "b", "a")))
    await send(layer, "a", 1)
    await send(layer, "b", 2)
    await send(layer, "never-opened", 3)
    await send(layer, "a", 4)
    assert [await heard.next() for _ in range(3)] == [("a", 1), ("b", 2), ("a", 4)]


async def test_a_closed_group_is_not_heard_and_may_be_opened_again(
    layer: BaseChannelLayer, ears: Ears, heard: Heard
) -> None:
    await ears.open("a")
    await ears.open("b")
    await ears.close("a")
    await ears.close("a")
    await send(layer, "a", 1)
    await send(layer, "b", 2)
    assert await heard.next() == ("b", 2)
    await ears.open("a")
    await send(layer, "a", 3)
    assert await heard.next() == ("a", 3)


async def test_what_fails_on_one_message_is_said_once_and_hears_the_next(
    layer: BaseChannelLayer, ears: Ears, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    await ears.open("a")
    heard.fails = True
    with caplog.at_level(logging.ERROR):
        for number in range(3):
            await send(layer, "a", number)
        for _ in range(3):
            await asyncio.wait_for(heard.failed.get(), 30)
    heard.fails = False
    await send(layer, "a", 4)
    assert await heard.next() == ("a", 4)
    assert len(caplog.records) == 1


async def test_a_layer_that_fails_to_receive_is_asked_again(
    heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.ears.RETRY_SECONDS", 0.01)

    class Failing(InMemoryChannelLayer):
        failures = 3

        async def receive(self, channel: str) -> Any:
            if self.failures:
                self.failures -= 1
                raise ConnectionError("Redis is gone")
            return await super().receive(channel)

    layer = Failing()
    ears = Ears(layer, heard)
    await ears.open("a")
    await send(layer, "a", 1)
    assert await heard.next() == ("a", 1)
    await ears.stop()


async def test_an_opening_that_failed_is_made_up_for_by_the_next(heard: Heard) -> None:
    class Failing(InMemoryChannelLayer):
        is_down = True

        async def group_add(self, group: str, channel: str) -> None:
            if self.is_down:
                raise ConnectionError("Redis is gone")
            await super().group_add(group, channel)

    layer = Failing()
    ears = Ears(layer, heard)
    with pytest.raises(ConnectionError):
        await ears.open("a")
    layer.is_down = False
    await ears.open("a")
    await send(layer, "a", 1)
    assert await heard.next() == ("a", 1)
    await ears.stop()
