"""The ears of a process: one channel that hears each message of its groups once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextvars import Context
from typing import Any

from channels.layers import BaseChannelLayer

from streams.layers import StreamsChannelLayer

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0


class Ears:
    """Calls `hear(group, message)` for every message of the groups that are open."""

    def __init__(
        self, layer: BaseChannelLayer, hear: Callable[[str, dict[str, Any]], None]
    ) -> None:
        self._layer = layer
        self._hear = hear
        self._channel = ""
        self._open: set[str] = set()
        self._starting = asyncio.Lock()
        self._listening: asyncio.Task[None] | None = None
        self._is_failing = False

    async def open(self, group: str) -> None:
        """Nothing for a group that is open. Raises what the layer raises."""
        if group in self._open:
            return
        async with self._starting:
            if not self._channel:
                await self._start()
        await self._layer.group_add(group, self._channel)
        self._open.add(group)

    async def close(self, group: str) -> None:
        """Also after an `open` that failed."""
        self._open.discard(group)
        if self._channel:
            await self._layer.group_discard(group, self._channel)

    async def stop(self) -> None:
        """Hear nothing any more."""
        if isinstance(self._layer, StreamsChannelLayer):
            self._layer.detach(self._channel)
        if self._listening is not None:
            self._listening.cancel()

    async def _start(self) -> None:
        self._channel = await self._layer.new_channel()
        if isinstance(self._layer, StreamsChannelLayer):
            self._layer.attach(self._channel, self._hear)
        else:
            self._listening = asyncio.create_task(self._listen(), context=Context())

    async def _listen(self) -> None:
        while True:
            try:
                message = await self._layer.receive(self._channel)
            except Exception as error:  # noqa: BLE001 - a layer may raise anything
                logger.debug("Nothing can be received for now: %r", error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._hear_safely(message)

    def _hear_safely(self, message: dict[str, Any]) -> None:
        try:
            self._hear(message["group"], message)
        except Exception:
            if not self._is_failing:
                self._is_failing = True
                logger.exception("A message could not be heard; the next ones are")
