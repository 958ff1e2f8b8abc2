"""The canary: a listener that is nobody, and proves all the time that data gets out.

It follows /hours, which costs no call upstream, the way every client's data comes: a refresh, by
whoever refreshes, the channel layer, an outbox. While it gets its data, clients get theirs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from streams.counts import Sent
from streams.ears import Ears
from streams.feed import Feed
from streams.outbox import AsgiOutbox, Outbox
from streams.subscriptions import Endpoint, Subscription

logger = logging.getLogger(__name__)

SUBSCRIPTION = Subscription(Endpoint.HOURS)
SLOW_SECONDS = 1.0


class OpensOutboxes(Protocol):
    """A server that lends an outbox without a socket."""

    def open_outbox(self, receive: Callable[[bytes], None]) -> Outbox:
        """`receive` gets what a client's socket would."""


class Canary:
    """Times are those of the event loop it is started on; None: not yet."""

    def __init__(self, feed: Feed, server: OpensOutboxes | None) -> None:
        self.heard_at: float | None = None
        self.delivered_at: float | None = None
        self.is_listening = False
        self._feed = feed
        self._server = server
        self._ears = Ears(feed.layer, self._hear)
        self._outbox: Outbox | None = None
        self._is_failing = False

    async def start(self) -> None:
        """Begin to listen, unless it does. To be called again after it failed."""
        if self.is_listening:
            return
        try:
            await self._ears.open(SUBSCRIPTION.group)
            await self._feed.listen(SUBSCRIPTION)
        except Exception:
            if not self._is_failing:
                self._is_failing = True
                logger.exception("The canary cannot listen; it tries again")
            return
        self._is_failing, self.is_listening = False, True
        self._first = asyncio.create_task(self._get_first())

    async def _get_first(self) -> None:
        """As for every newcomer: data at once, which counts until the first tick is due."""
        try:
            self._receive_payload((await self._feed.first(SUBSCRIPTION)).payload)
        except Exception as error:  # noqa: BLE001 - the next tick brings it, or it shows
            logger.debug("No first data for the canary: %r", error)

    def _hear(self, group: str, message: dict[str, Any]) -> None:
        self._receive_payload(message["payload"])

    def _receive_payload(self, payload: str) -> None:
        self.heard_at = _now()
        self._offer(payload)

    def _offer(self, payload: str) -> None:
        if self._outbox is None:
            self._outbox = self._open_outbox()
        self._outbox.offer(payload)

    def _open_outbox(self) -> Outbox:
        if self._server is not None:
            return self._server.open_outbox(self._receive)
        return AsgiOutbox(self._receive_message, SLOW_SECONDS, Sent())

    def _receive(self, frame: bytes) -> None:
        self.delivered_at = _now()

    async def _receive_message(self, message: dict[str, Any]) -> None:
        self.delivered_at = _now()


def _now() -> float:
    return asyncio.get_running_loop().time()
