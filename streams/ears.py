"""The ears of a process: one channel that hears each message of its groups once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from channels.layers import BaseChannelLayer

from streams.layers import StreamsChannelLayer


class Ears:
    """Calls `hear(group, message)` for every message of the groups that are open."""

    def __init__(
        self, layer: BaseChannelLayer, hear: Callable[[str, dict[str, Any]], None]
    ) -> None:
        self._layer = layer
        self._hear = hear
        self._channel = ""
        self._starting = asyncio.Lock()
        self._listening: asyncio.Task[None] | None = None

    async def open(self, group: str) -> None:
        async with self._starting:
            if not self._channel:
                await self._start()
        await self._layer.group_add(group, self._channel)

    async def close(self, group: str) -> None:
        await self._layer.group_discard(group, self._channel)

    async def stop(self) -> None:
        if self._listening is not None:
            self._listening.cancel()

    async def _start(self) -> None:
        self._channel = await self._layer.new_channel()
        if isinstance(self._layer, StreamsChannelLayer):
            self._layer.attach(self._channel, self._hear)
        else:
            self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            message = await self._layer.receive(self._channel)
            self._hear(message["group"], message)
