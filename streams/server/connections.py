"""The connections of a server: which there are, their applications, and their time limits."""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote

from daphne.server import Server

from streams.addresses import address_of
from streams.counts import Sent
from streams.paths import path_below
from streams.request_ids import request_id_of
from streams.server.channel import StreamChannel
from streams.server.deadlines import Deadlines
from streams.server.frames import PreparedFrames, deflated_text_frame
from streams.server.heads import RequestHead, is_websocket
from streams.server.inbox import Inbox
from streams.server.options import StreamOptions
from streams.server.outbox import Outbox
from streams.server.protocol import StreamProtocol
from streams.server.pulse import Pulse
from streams.server.requests import StreamRequest
from streams.server.wire import Loopback

logger = logging.getLogger(__name__)

# Why the server itself refuses.
REFUSALS = ("full", "bad_handshake", "overloaded", "restarting", "internal")


class ConnectionServer(Server):
    loop: asyncio.AbstractEventLoop

    def __init__(self, *, options: StreamOptions, **daphne: Any) -> None:
        super().__init__(**daphne)
        self.options = options
        self.is_draining = False
        # What nobody else counts: by applications of their own kind, and before there is one.
        self.sent = Sent()
        self.refused = Counter(dict.fromkeys(REFUSALS, 0))
        # Of WebSockets and of HTTP requests; of these, so many are WebSockets.
        self.connections: dict[Any, asyncio.Task[None] | None] = {}
        self.websockets = 0
        self.channels: set[StreamChannel] = set()  # without a request, or with one of HTTP
        self.prepared_frames = PreparedFrames()
        self.deflated_frames = PreparedFrames(
            partial(deflated_text_frame, min_bytes=options.compression_min_bytes)
        )
        ping_interval = max(1, self.ping_interval)
        self.pulse = Pulse(ping_interval)
        self.max_unanswered_pings = max(1, math.ceil(self.ping_timeout / ping_interval))
        self._make_deadlines()

    def _make_deadlines(self) -> None:
        self.heads = Deadlines(self.websocket_handshake_timeout, StreamChannel.time_out)
        self.idle = Deadlines(self.options.keep_alive_seconds, StreamChannel.close)
        self.handshakes = Deadlines(self.websocket_connect_timeout, StreamProtocol.time_out)
        self.lifetimes = Deadlines(self.websocket_timeout, StreamProtocol.close_old)
        self.ending: Deadlines[Any] = Deadlines(
            self.options.close_seconds, lambda connection: connection.abort()
        )
        self.slow_clients: Deadlines[Outbox] = Deadlines(
            self.options.slow_client_seconds, lambda outbox: outbox.give_up()
        )
        self.requests = Deadlines(self.options.request_seconds, StreamRequest.time_out)
        self.answers = Deadlines(self.http_timeout or -1, StreamRequest.check_timeouts)

    def every_second(self) -> None:
        """The one timer: cheap while nothing is late."""
        self.loop.call_later(1, self.every_second)
        for deadlines in (
            self.heads,
            self.idle,
            self.handshakes,
            self.lifetimes,
            self.ending,
            self.slow_clients,
            self.requests,
            self.answers,
        ):
            deadlines.check()
        self.pulse.beat()

    def is_full(self, reserve: int = 0) -> bool:
        open_now = len(self.channels) + len(self.connections)
        return open_now >= self.options.max_connections + reserve

    def close_longest_idle(self) -> None:
        """Make room: a connection that only waits for another request must not keep others out."""
        self.idle.expire_oldest()

    def may_use_reserve(self, head: RequestHead) -> bool:
        """Whether a request is answered although the process is full."""
        path = unquote(head.target.partition(b"?")[0].decode("latin-1"))
        local = (path_below(path, self.root_path) or "").rstrip("/")
        return local in self.options.reserved_paths and not is_websocket(head)

    def open_outbox(self, receive: Callable[[bytes], None]) -> Outbox:
        """A way out like any client's, with `receive` in the place of the socket."""
        outbox = Outbox(Loopback(receive), Deadlines(-1, _ignore), _nothing, Sent())
        outbox.open(self.prepared_frames)
        return outbox

    # --- Called by the protocols --------------------------------------------------------

    def protocol_connected(self, protocol: Any) -> None:
        self.connections[protocol] = None

    def protocol_disconnected(self, protocol: Any) -> None:
        task = self.connections.get(protocol)
        if task is None or task.done():
            self.connections.pop(protocol, None)
            return
        timer = self.loop.call_later(self.application_close_timeout, _cancel_late, task)
        task.add_done_callback(lambda _: timer.cancel())
        task.add_done_callback(lambda _: self.connections.pop(protocol, None))

    def websocket_opened(self, protocol: StreamProtocol) -> None:
        self.handshakes.discard(protocol)
        protocol.pulse_bucket = self.pulse.join(protocol)
        if self.websocket_timeout >= 0:
            self.lifetimes.add(protocol)

    def websocket_closed(self, protocol: StreamProtocol) -> None:
        for deadlines in (self.handshakes, self.lifetimes, self.ending):
            deadlines.discard(protocol)
        if protocol.pulse_bucket is not None:
            protocol.pulse_bucket.discard(protocol)
        self.websockets -= 1
        self.protocol_disconnected(protocol)

    # --- Applications -------------------------------------------------------------------

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Inbox:
        """For an HTTP request; returns what its application receives from."""
        inbox = Inbox(_nothing, _nothing)
        self.start_application(protocol, scope, inbox)
        return inbox

    def start_application(self, protocol: Any, scope: dict[str, Any], inbox: Inbox) -> None:
        scope.setdefault("asgi", {"version": "3.0"})
        protocol.request_id = request_id_of(scope["headers"])
        protocol.client_addr = _client_for_log(scope, self.options.trusted_proxy_hops)
        extension = {"server": self, "request_id": protocol.request_id}
        scope.setdefault("extensions", {})["streams.server"] = extension
        send = partial(self.handle_reply, protocol)
        task = self.loop.create_task(self._run_application(scope, inbox.get, send))
        self.connections[protocol] = task
        task.add_done_callback(partial(self._application_ended, protocol))

    async def _run_application(self, scope: Any, receive: Any, send: Any) -> None:
        await self.application(scope, receive, send)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """The ASGI `send` of one connection. Raises ValueError for an invalid message."""
        self.check_headers_type(message)
        protocol.handle_reply(message)
        if isinstance(protocol, StreamProtocol):
            await protocol.outbox.wait_for_room()

    def _application_ended(self, protocol: Any, task: "asyncio.Task[None]") -> None:
        if task.cancelled():
            protocol.handle_exception(asyncio.CancelledError())
        elif error := task.exception():
            about = {"request_id": protocol.request_id}
            logger.error("Exception inside application: %r", error, exc_info=error, extra=about)
            protocol.handle_exception(error)
        else:
            protocol.application_returned()


def _client_for_log(scope: dict[str, Any], trusted_hops: int) -> list[Any] | None:
    """Host and port; which port a client has in front of a proxy is not told: 0."""
    client: list[Any] | None = scope["client"]
    address = address_of(scope, trusted_hops)
    return client if client and client[0] == address else [address, 0] if address else None


def _cancel_late(task: "asyncio.Task[None]") -> None:
    logger.warning("An application did not end after its client left; cancelled")
    task.cancel()


def _nothing() -> None:
    pass


def _ignore(outbox: Outbox) -> None:
    pass
