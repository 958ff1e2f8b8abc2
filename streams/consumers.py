"""The consumers: one life cycle for every endpoint, then a small class for each."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any, ClassVar

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer
from channels.utils import await_many_dispatch

from marketdata.errors import InvalidSymbol
from marketdata.symbols import parse_symbol
from streams.addresses import address_of, bucket_of
from streams.apps import get_streams
from streams.conf import settings
from streams.layers import StreamsChannelLayer
from streams.outbox import Outbox, outbox_of
from streams.protocol import (
    CLOSE_NO_SUBSCRIPTION,
    CLOSE_SERVER_FAILED,
    SUBPROTOCOL,
    ClientError,
    Metadata,
    parse_command,
    with_metadata,
)
from streams.snapshots import Snapshot, is_behind
from streams.subscriptions import Endpoint, Subscription

logger = logging.getLogger(__name__)

# Nobody sends it: the connection ended without a close frame.
CLOSE_ABNORMAL = 1006


class StreamConsumer(AsyncConsumer):
    """Accept, follow a subscription, send its data at once and on every tick, clean up."""

    endpoint: ClassVar[Endpoint]

    def __init__(self) -> None:
        self._feed = get_streams().feed
        self._counts = get_streams().counts
        # Django's settings cost a microsecond to read, and this is read for every message.
        self._tick_seconds = settings.REFRESH_SECONDS
        self._subscription: Subscription | None = None
        self._group = ""
        self._sent_made_at = 0.0
        self._metadata: Metadata | None = None
        self._max_symbols = 0
        self._named_by: str | None = None
        self._outbox: Outbox
        self._is_counted = False
        self._closed_with = CLOSE_ABNORMAL
        self._subscribe_timeout: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # Not Channels' own, which has two tasks a connection: one of them to receive from the
        # channel layer, which ours has no need of.
        self.scope = scope
        # What the validation of the handshake, if there was one, says.
        self._metadata = scope.get("metadata")
        self._max_symbols = scope.get("max_symbols", settings.MAX_SYMBOLS_PER_CONNECTION)
        self._named_by = _named_by(scope)
        self._outbox, self._send = outbox_of(
            scope, send, settings.SLOW_CLIENT_SECONDS, self._counts.sent[self.endpoint]
        )
        layer = self._feed.layer
        self.channel_name = await layer.new_channel()
        try:
            if isinstance(layer, StreamsChannelLayer):
                layer.attach(self.channel_name, self._deliver, newest_only=True)
                while True:
                    await self.dispatch(await receive())
            else:
                events: Any = partial(layer.receive, self.channel_name)
                await await_many_dispatch([receive, events], self.dispatch)
        except StopConsumer:
            pass
        except Exception:
            self._closed_with = CLOSE_SERVER_FAILED  # so the server does
            self._counts.application_errors += 1
            raise
        finally:
            # Also when the server cancels the connection instead of announcing its end.
            if self._is_counted:
                self._counts.ended(self.endpoint, self._closed_with)
                logger.debug("/%s closed with %s", self.endpoint, self._closed_with)
            self._stop_waiting()
            await self._leave()
            if isinstance(layer, StreamsChannelLayer):
                layer.detach(self.channel_name)

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels' own dispatch closes old database connections in a thread before every
        # message. Nothing here uses the database, and messages are what this is all about.
        await getattr(self, get_handler_name(message))(message)

    async def send(self, message: Any) -> None:
        """An ASGI message to the client, after what the outbox was offered before."""
        await self._send(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        offered = self.scope.get("subprotocols", ())
        subprotocol = SUBPROTOCOL if SUBPROTOCOL in offered else None
        await self.send({"type": "websocket.accept", "subprotocol": subprotocol})
        self._is_counted = True
        self._counts.opened(self.endpoint)
        logger.debug("/%s opened", self.endpoint)
        self._wait_for_subscription()
        await self.opened()

    async def opened(self) -> None:
        """Called once the connection is accepted."""
        await self.follow(Subscription(self.endpoint))

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        """Most endpoints have nothing to ask of their clients; what they say is ignored."""

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        self._closed_with = message.get("code") or CLOSE_ABNORMAL
        raise StopConsumer

    async def stream_payload(self, message: dict[str, Any]) -> None:
        """A tick's payload, from a channel layer that queues."""
        self._deliver(message["group"], message)

    def _deliver(self, group: str, message: dict[str, Any]) -> None:
        """A tick's payload, straight from our channel layer: no queue, no task, no copy."""
        # Payloads of a group just left, and any older than the first data, may still come.
        if group != self._group:
            return
        made_at = message["made_at"]
        # Nearly always it is newer, which needs no closer look.
        if made_at > self._sent_made_at or self._is_news(made_at):
            self._send_payload(message["payload"], made_at)

    async def follow(self, subscription: Subscription) -> None:
        """Make this the connection's subscription and send its data at once."""
        if subscription != self._subscription:
            await self._leave()
            # Joined before the first data is read: no tick can fall in between.
            self._subscription, self._group = subscription, subscription.group
            await self._feed.join(subscription, self.channel_name)
            self._stop_waiting()
        asked_at = self._sent_made_at
        snapshot = await self._first(subscription)
        # A tick that came meanwhile is the answer already.
        if snapshot and (self._sent_made_at == asked_at or self._is_news(snapshot.made_at)):
            await self._send_first(snapshot)

    async def follow_named(self, symbols: tuple[str, ...]) -> None:
        """Follow what the client has named, unless it has named too much."""
        subscription = Subscription(self.endpoint, symbols)
        try:
            if self._named_by is not None:
                get_streams().names.add(self._named_by, subscription)
        except ClientError as error:
            await self.refuse(error)
        else:
            await self.follow(subscription)

    async def _send_first(self, snapshot: Snapshot) -> None:
        if self._metadata is None:
            self._send_payload(snapshot.payload, snapshot.made_at)
            return
        # Not offered: it is this client's alone, and none newer makes up for it.
        self._sent_made_at = snapshot.made_at
        text = self._add_metadata(snapshot.payload)
        await self.send({"type": "websocket.send", "text": text})

    def _is_news(self, made_at: float) -> bool:
        return not is_behind(made_at, self._sent_made_at, self._tick_seconds)

    async def refuse(self, error: ClientError) -> None:
        """Tell the client what was wrong; its subscription stays as it is."""
        await self.send({"type": "websocket.send", "text": error.frame()})

    async def _first(self, subscription: Subscription) -> Snapshot | None:
        try:
            return await self._feed.first(subscription)
        except TimeoutError:
            return None  # the next tick brings it
        except Exception:
            logger.exception("No first data for %s; the next tick brings it", self.endpoint)
            return None

    def _send_payload(self, payload: str, made_at: float) -> None:
        self._sent_made_at = made_at
        if self._metadata is not None:
            payload = self._add_metadata(payload)
        self._outbox.offer(payload)

    def _add_metadata(self, payload: str) -> str:
        metadata, self._metadata = self._metadata, None
        return with_metadata(payload, metadata) if metadata else payload

    async def _leave(self) -> None:
        subscription, self._subscription = self._subscription, None
        self._group, self._sent_made_at = "", 0.0
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
            await self.follow_named((symbol,))


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
            await self.follow_named(symbols)


class MarketConsumer(StreamConsumer):
    """/market"""

    endpoint = Endpoint.MARKET


class HoursConsumer(StreamConsumer):
    """/hours"""

    endpoint = Endpoint.HOURS


def _named_by(scope: Any) -> str | None:
    """Whose symbols are counted: a key's or user's; without validation an address's."""
    if "named_by" in scope:
        return scope["named_by"]  # type: ignore[no-any-return]
    return f"address.{bucket_of(address_of(scope, settings.TRUSTED_PROXY_HOPS))}"
