"""The server process: its listening sockets, its connections and how it ends."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from daphne.server import Server
from daphne.ws_protocol import WebSocketFactory
from twisted.internet import reactor as _reactor
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.logger import ILogObserver, LogLevel, globalLogBeginner
from zope.interface import implementer

from streams.server.door import Door, StreamFactory
from streams.server.frames import PreparedFrames
from streams.server.options import StreamOptions
from streams.server.outbox import SlowClients
from streams.server.protocol import StreamProtocol
from streams.server.scope import ProxyHeaders

logger = logging.getLogger(__name__)

reactor: Any = _reactor  # its declared type is an interface without the methods used here

# Together these stay below the two seconds in which Ctrl-C has to end the process.
DISCONNECT_SECONDS = 1.0
CANCEL_SECONDS = 0.3


class CannotListen(Exception):
    """An address cannot be listened on; the message says which and why."""


class StreamServer(Server):
    """`announce` gets one line for each address once all are listened on."""

    def __init__(
        self, *args: Any, announce: Callable[[str], None], options: StreamOptions, **daphne: Any
    ) -> None:
        super().__init__(*args, **daphne)
        self.options = options
        self.prepared_frames = PreparedFrames()
        self.slow_clients = SlowClients(options.slow_client_seconds)
        self.announce = announce
        self.is_draining = False
        self.connections: dict[Any, asyncio.Task[None] | None] = {}
        self.doors: dict[Door, float] = {}
        self.ports: list[Any] = []
        self.listen_failure: Exception | None = None
        self.proxy_headers = ProxyHeaders(
            self.proxy_forwarded_address_header,
            self.proxy_forwarded_port_header,
            self.proxy_forwarded_proto_header,
        )
        self._shutting_down: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Serve until a signal ends it. Raises CannotListen."""
        self.loop = reactor._asyncioEventloop
        asyncio.set_event_loop(self.loop)
        self.loop.set_debug(self.verbosity >= 3)
        _log_twisted_errors()
        self._make_factories()
        self._listen()
        for signum in (signal.SIGINT, signal.SIGTERM):
            self.loop.add_signal_handler(signum, self.shut_down)
        reactor.callLater(2, self.timeout_checker)
        reactor.callLater(1, self._close_slow_doors)
        reactor.callWhenRunning(self._announce)
        reactor.run(installSignalHandlers=False)

    def _make_factories(self) -> None:
        self.http_factory = StreamFactory(self)
        self.ws_factory = WebSocketFactory(self, server=self.server_name)
        self.ws_factory.protocol = StreamProtocol
        self.ws_factory.setProtocolOptions(
            autoPingTimeout=self.ping_timeout,
            openHandshakeTimeout=0,  # the server's own sweep answers with 503 instead
            maxMessagePayloadSize=self.websocket_max_message_size,
            maxFramePayloadSize=self.websocket_max_frame_size,
        )

    # --- Listening ----------------------------------------------------------------------

    def _listen(self) -> None:
        for description in self.endpoints:
            endpoint: Any = serverFromString(reactor, description)  # type: ignore[no-untyped-call]
            listener = endpoint.listen(self.http_factory)
            listener.addCallbacks(self.ports.append, self._listen_failed)
            if self.listen_failure:
                raise CannotListen(
                    f"Cannot listen on {_describe_endpoint(description)}: "
                    f"{_describe_failure(self.listen_failure)}."
                ) from self.listen_failure

    def _listen_failed(self, failure: Any) -> None:
        self.listen_failure = failure.value

    def _announce(self) -> None:
        for port in self.ports:
            address = port.getHost()
            if hasattr(address, "port"):
                self.listening_addresses.append((address.host, address.port))
            self.announce(f"Listening on {_describe_address(address)}")
        if self.ready_callable:
            self.ready_callable()

    # --- Connections --------------------------------------------------------------------

    def door_opened(self, door: Door) -> None:
        self.doors[door] = time.monotonic()

    def door_closed(self, door: Door) -> None:
        self.doors.pop(door, None)

    def _close_slow_doors(self) -> None:
        """Doors are kept in the order in which they opened: the oldest come first."""
        oldest_allowed = time.monotonic() - self.websocket_handshake_timeout
        for door in [door for door, opened in self.doors.items() if opened < oldest_allowed]:
            door.time_out()
        reactor.callLater(1, self._close_slow_doors)

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

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> asyncio.Queue[Any]:
        """Start the application for this connection; returns the queue it receives from."""
        queue: asyncio.Queue[Any] = asyncio.Queue()
        scope.setdefault("asgi", {"version": "3.0"})
        send = partial(self.handle_reply, protocol)
        task = self.loop.create_task(self._run_application(scope, queue.get, send))
        self.connections[protocol] = task
        task.add_done_callback(partial(self._application_ended, protocol))
        return queue

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
            error: BaseException | None = None
            protocol.handle_exception(asyncio.CancelledError())
        elif error := task.exception():
            logger.error("Exception inside application: %r", error, exc_info=error)
            protocol.handle_exception(error)
        else:
            protocol.application_returned()

    # --- The end ------------------------------------------------------------------------

    def shut_down(self) -> None:
        """End soon: clients are told to come back, applications to clean up.

        A second call ends at once.
        """
        if self._shutting_down:
            self.stop()
            return
        self.is_draining = True
        self._shutting_down = self.loop.create_task(self._shut_down())

    async def _shut_down(self) -> None:
        for port in self.ports:
            port.stopListening()
        for door in list(self.doors):
            door.transport.loseConnection()
        for protocol in list(self.connections):
            if isinstance(protocol, StreamProtocol):
                protocol.go_away()
        late = await self._wait_for_applications(DISCONNECT_SECONDS)
        for task in late:
            task.cancel()
        stuck = await self._wait_for_applications(CANCEL_SECONDS)
        if late:
            logger.warning("Cancelled %d applications, %d did not end", len(late), len(stuck))
        self.stop()

    async def _wait_for_applications(self, seconds: float) -> set["asyncio.Task[None]"]:
        """Those still running after that time."""
        tasks = {task for task in self.connections.values() if task and not task.done()}
        if not tasks:
            return set()
        _, running = await asyncio.wait(tasks, timeout=seconds)
        return running


def _cancel_late(task: "asyncio.Task[None]") -> None:
    logger.warning("An application did not end after its client left; cancelled")
    task.cancel()


def _describe_endpoint(description: str) -> str:
    """`tcp:port=8000:interface=::1` (colons escaped) → `[::1]:8000`."""
    kind, _, rest = description.partition(":port=")
    if kind != "tcp":
        return description
    port, _, host = rest.partition(":interface=")
    host = host.replace("\\:", ":")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _describe_failure(error: Exception) -> str:
    cause = getattr(error, "socketError", error) if isinstance(error, CannotListenError) else error
    reason = getattr(cause, "strerror", None) or str(cause)
    return reason[:1].lower() + reason[1:]


def _describe_address(address: Any) -> str:
    if not hasattr(address, "port"):
        return f"unix:{getattr(address, 'name', address)}"
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"http://{host}:{address.port}"


def _log_twisted_errors() -> None:
    """Twisted's chatter is dropped; what it could not handle goes to logging."""
    globalLogBeginner.beginLoggingTo([_forward_error], redirectStandardIO=False, discardBuffer=True)


@implementer(ILogObserver)  # type: ignore[untyped-decorator]
def _forward_error(event: Any) -> None:
    if event.get("log_level") is not LogLevel.critical:
        return
    failure = event.get("log_failure")
    info = (failure.type, failure.value, failure.getTracebackObject()) if failure else None
    logger.error("Unhandled error in the server", exc_info=info)
