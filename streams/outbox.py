"""One client's way out: the one our server offers, or, on any other, one around its `send`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from typing import Any, Protocol

from streams.counts import Sent
from streams.protocol import CLOSE_TOO_SLOW

logger = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Outbox(Protocol):
    def offer(self, payload: str) -> None:
        """Send this text, or, to a client that is slow, the newest text offered. Never blocks."""


def outbox_of(
    scope: dict[str, Any], send: Send, slow_seconds: float, sent: Sent
) -> tuple[Outbox, Send]:
    """The outbox of this connection, and the `send` that keeps its order with what is offered.

    A client that takes nothing for `slow_seconds` is closed with 4413; our own server brings
    its own limit. What goes out is counted in `sent`.
    """
    extension = (scope.get("extensions") or {}).get("streams.outbox")
    if extension:
        extension["outbox"].sent = sent
        return extension["outbox"], send
    outbox = AsgiOutbox(send, slow_seconds, sent)
    return outbox, outbox.send


class AsgiOutbox:
    """Over the standard ASGI `send`: a task sends while there is something to send.

    To be created by the application's own task. Where even a close frame does not get through,
    that task is cancelled: it is the one way to end a connection that every server knows.
    """

    def __init__(self, send: Send, slow_seconds: float, sent: Sent) -> None:
        self._send = send
        self._sent = sent
        self._slow_seconds = slow_seconds
        self._application = asyncio.current_task()
        # Of the connection, which is not that of whoever offers.
        self._context = copy_context()
        self._newest: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._is_closed = False

    def offer(self, payload: str) -> None:
        if self._is_closed:
            return
        if self._newest is not None:
            self._sent.replaced += 1
        self._newest = payload
        if self._task is None or self._task.done():
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._send_offered(), context=self._context)

    async def send(self, message: dict[str, Any]) -> None:
        """An ordinary ASGI message, after everything offered before it."""
        async with self._turn:
            await self._send_newest()
            if text := message.get("text"):
                self._count(text)
            await self._send(message)

    async def _send_offered(self) -> None:
        try:
            await self._send_in_time()
        except OSError:
            self._is_closed = True  # so ASGI says that the client is gone
        except Exception:
            self._is_closed = True
            logger.exception("A payload could not be sent")

    async def _send_in_time(self) -> None:
        while self._newest is not None:
            try:
                async with asyncio.timeout(self._slow_seconds), self._turn:
                    await self._send_newest()
            except TimeoutError:
                self._is_closed = True
                await self._close()

    async def _send_newest(self) -> None:
        payload, self._newest = self._newest, None
        if payload is not None:
            self._count(payload)
            await self._send({"type": "websocket.send", "text": payload})

    def _count(self, text: str) -> None:
        self._sent.messages += 1
        # Of the frame nothing is known here; payloads are ASCII but for a few names.
        self._sent.bytes += len(text)

    async def _close(self) -> None:
        self._newest = None
        try:
            async with asyncio.timeout(self._slow_seconds):
                await self._send({"type": "websocket.close", "code": CLOSE_TOO_SLOW})
        except TimeoutError:
            logger.warning("A client that takes nothing could not be closed; cancelled")
            if self._application:
                self._application.cancel()
