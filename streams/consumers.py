"""The consumers: one life cycle for every endpoint, then a small class for each."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, ClassVar

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer
from django.conf import settings

from marketdata.errors import InvalidSymbol
from marketdata.symbols import parse_symbol
from streams.apps import get_streams
from streams.protocol import (
    CLOSE_NO_SUBSCRIPTION,
    SUBPROTOCOL,
    ClientError,
    parse_command,
    with_metadata,
)
from streams.snapshots import Snapshot
from streams.subscriptions import Endpoint, Subscription

logger = logging.getLogger(__name__)


class StreamConsumer(AsyncConsumer):
    """Accept, follow a subscription, send its data at once and on every tick, clean up."""

    endpoint: ClassVar[Endpoint]

    def __init__(self) -> None:
        self._feed = get_streams().feed
        self._subscription: Subscription | None = None
        self._sent_made_at = 0.0
        self._metadata: dict[str, int] | None = None
        self._max_symbols = 0
        self._subscribe_timeout: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # What the validation of the handshake, if there was one, says.
        self._metadata = scope.get("metadata")
        self._max_symbols = scope.get("max_symbols", settings.MAX_SYMBOLS_PER_CONNECTION)
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Also when the server cancels the connection instead of announcing its end.
            self._stop_waiting()
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels' own dispatch closes old database connections in a thread before every
        # message. Nothing here uses the database, and messages are what this is all about.
        await getattr(self, get_handler_name(message))(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        offered = self.scope.get("subprotocols", ())
        subprotocol = SUBPROTOCOL if SUBPROTOCOL in offered else None
        await self.send({"type": "websocket.accept", "subprotocol": subprotocol})
        self._wait_for_subscription()
        await self.opened()

    async def opened(self) -> None:
        """Called once the connection is accepted."""
        await self.follow(Subscription(self.endpoint))

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        """Most endpoints have nothing to ask of their clients; what they say is ignored."""

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        raise StopConsumer

    async def stream_payload(self, message: dict[str, Any]) -> None:
        """A tick's payload, from the channel layer."""
        # Payloads of a group just left, and any older than the first data, may still be queued.
        is_current = self._subscription and message["group"] == self._subscription.group
        if is_current and message["made_at"] > self._sent_made_at:
            await self._send_payload(message["payload"], message["made_at"])

    async def follow(self, subscription: Subscription) -> None:
        """Make this the connection's subscription and send its data at once."""
        if subscription != self._subscription:
            await self._leave()
            # Joined before the first data is read: no tick can fall in between.
            self._subscription = subscription
            await self._feed.join(subscription, self.channel_name)
            self._stop_waiting()
        snapshot = await self._first(subscription)
        if snapshot:
            await self._send_payload(snapshot.payload, snapshot.made_at)

    async def refuse(self, error: ClientError) -> None:
        """Tell the client what was wrong; its subscription stays as it is."""
        await self.send({"type": "websocket.send", "text": error.frame()})

    async def _first(self, subscription: Subscription) -> Snapshot | None:
        try:
            return await self._feed.first(subscription)
        except Exception:
            logger.exception("No first data for %s; the next tick brings it", self.endpoint)
            return None

    async def _send_payload(self, payload: str, made_at: float) -> None:
        self._sent_made_at = made_at
        metadata, self._metadata = self._metadata, None
        if metadata:
            payload = with_metadata(payload, metadata)
        await self.send({"type": "websocket.send", "text": payload})

    async def _leave(self) -> None:
        subscription, self._subscription = self._subscription, None
        self._sent_made_at = 0.0
        if subscription:
            await self._feed.leave(subscription, self.channel_name)

    def _wait_for_subscription(self) -> None:
        self._subscribe_timeout = asyncio.get_running_loop().call_later(
            settings.SUBSCRIBE_TIMEOUT_SECONDS, self._give_up
        )

    def _stop_waiting(self) -> None:
        if self._subscribe_timeout is not None:
            self._subscribe_timeout.cancel()

    def _give_up(self) -> None:
        close = self.send({"type": "websocket.close", "code": CLOSE_NO_SUBSCRIPTION})
        self._closing = asyncio.ensure_future(close)


class ProfileConsumer(StreamConsumer):
    """/profile/{symbol}"""

    endpoint = Endpoint.PROFILE

    async def opened(self) -> None:
        try:
            symbol = parse_symbol(self.scope["url_route"]["kwargs"]["symbol"])
        except InvalidSymbol as error:
            await self.refuse(ClientError("invalid_symbol", f"{error}."))
        else:
            await self.follow(Subscription(self.endpoint, (symbol,)))


class QuotesConsumer(StreamConsumer):
    """/quotes: the client names its symbols, and may change them at any time."""

    endpoint = Endpoint.QUOTES

    async def opened(self) -> None:
        """Nothing to follow before the client has named its symbols."""

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        present = self._subscription.symbols if self._subscription else ()
        try:
            symbols = parse_command(
                message.get("text"),
                present,
                self._max_symbols,
                settings.MAX_MESSAGE_BYTES,
            )
        except ClientError as error:
            await self.refuse(error)
        else:
            await self.follow(Subscription(self.endpoint, symbols))


class MarketConsumer(StreamConsumer):
    """/market"""

    endpoint = Endpoint.MARKET


class HoursConsumer(StreamConsumer):
    """/hours"""

    endpoint = Endpoint.HOURS
