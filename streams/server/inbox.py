"""What waits for an application: its ASGI `receive`, a fraction of an asyncio.Queue in size."""

import asyncio
from collections.abc import Callable
from typing import Any

Message = dict[str, Any]

FULL, HALF_EMPTY = 32, 16


class Inbox:
    """`pause` is called when too much waits, `resume` when the application has caught up."""

    __slots__ = ("_is_paused", "_messages", "_pause", "_resume", "_waiter")

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._pause = pause
        self._resume = resume
        self._messages: list[Message] = []
        self._waiter: asyncio.Future[None] | None = None
        self._is_paused = False

    def put_nowait(self, message: Message) -> None:
        self._messages.append(message)
        if self._waiter is not None:
            self._waiter.set_result(None)
            self._waiter = None
        if len(self._messages) >= FULL and not self._is_paused:
            self._is_paused = True
            self._pause()

    async def get(self) -> Message:
        while not self._messages:
            if self._waiter is None:
                self._waiter = asyncio.get_running_loop().create_future()
            # Shielded: cancelling one `receive` must not take the message from another.
            await asyncio.shield(self._waiter)
        message = self._messages.pop(0)
        if self._is_paused and len(self._messages) <= HALF_EMPTY:
            self._is_paused = False
            self._resume()
        return message
