"""The server process: where it listens, and how it ends."""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.endpoints import (
    AdoptedStreamServerEndpoint,
    UNIXServerEndpoint,
    serverFromString,
)

from streams.server.addresses import describe_address, describe_endpoint, describe_failure
from streams.server.connections import ConnectionServer
from streams.server.door import StreamFactory
from streams.server.draining import drain
from streams.server.peers import watch_peers
from streams.server.signals import EndingSignals
from streams.server.twisted_log import log_twisted_errors
from streams.server.unix_sockets import LockedUnixEndpoint

logger = logging.getLogger(__name__)

reactor: Any = _reactor  # its declared type is an interface without the methods used here


class CannotListen(Exception):
    """An address cannot be listened on; the message says which and why."""


class StreamServer(ConnectionServer):
    """`announce` gets one line for each address once all are listened on."""

    def __init__(self, *, announce: Callable[[str], None], **options: Any) -> None:
        super().__init__(**options)
        self.announce = announce
        self.ports: list[Any] = []
        self.listen_failure: Exception | None = None
        self._ending: asyncio.Task[None] | None = None

    def run(self, *, is_worker: bool = False) -> None:
        """Serve until a signal ends it. Raises CannotListen.

        A worker also ends with the process that started it.
        """
        self.loop = reactor._asyncioEventloop
        asyncio.set_event_loop(self.loop)
        self.loop.set_debug(self.verbosity >= 3)
        log_twisted_errors()
        self.http_factory = StreamFactory(self)
        self._listen()
        EndingSignals(self.loop, self.end, self.hurry)
        self.loop.call_later(1, self.every_second)
        reactor.callWhenRunning(self._announce)
        if is_worker:
            self.loop.add_reader(sys.stdin.fileno(), self._hear_supervisor)
        reactor.run(installSignalHandlers=False)

    def _listen(self) -> None:
        for description in self.endpoints:
            listener = _open_endpoint(description).listen(self.http_factory)
            listener.addCallbacks(self._listens, self._listen_failed)
            if self.listen_failure:
                raise CannotListen(
                    f"Cannot listen on {describe_endpoint(description)}: "
                    f"{describe_failure(self.listen_failure)}."
                ) from self.listen_failure

    def _listens(self, port: Any) -> None:
        self.ports.append(port)
        watch_peers(port.socket)

    def _listen_failed(self, failure: Any) -> None:
        self.listen_failure = failure.value

    def _announce(self) -> None:
        for port in self.ports:
            address = port.getHost()
            if hasattr(address, "port"):
                self.listening_addresses.append((address.host, address.port))
            self.announce(f"Listening on {describe_address(address)}")
        if self.ready_callable:
            self.ready_callable()

    def _hear_supervisor(self) -> None:
        """A word of it means to hurry; its silence, that it is gone."""
        if os.read(sys.stdin.fileno(), 64):
            self.hurry()
        else:
            self.loop.remove_reader(sys.stdin.fileno())
            self.end()

    def end(self) -> None:
        """Tell everybody to come back, over `drain_seconds`, and end; the first call counts."""
        if self._ending is None:
            self.is_draining = True
            seconds = self.options.drain_seconds
            logger.info("Clients to send away within %g s: %d", seconds, self.websockets)
            self._ending = self.loop.create_task(self._end(seconds))

    def hurry(self) -> None:
        """Tell at once whoever has not been told yet."""
        if self._ending is not None:
            self._ending.cancel()
        self.is_draining = True
        self._ending = self.loop.create_task(self._end(0))

    async def _end(self, drain_seconds: float) -> None:
        while self.ports:
            self.ports.pop().stopListening()
        for channel in self.heads:
            channel.leave()
        for protocol in self.handshakes:
            protocol.go_away()
        await drain(self.connections, drain_seconds)
        self.stop()


def _open_endpoint(description: str) -> Any:
    if not description.startswith("fd:fileno="):
        endpoint = serverFromString(reactor, description)  # type: ignore[no-untyped-call]
        is_unix = isinstance(endpoint, UNIXServerEndpoint)
        return LockedUnixEndpoint(reactor, endpoint) if is_unix else endpoint
    number = int(description.removeprefix("fd:fileno="))
    with socket.socket(fileno=os.dup(number)) as inherited:
        # Daphne's own parser takes every inherited socket for one of IPv4.
        return AdoptedStreamServerEndpoint(  # type: ignore[no-untyped-call]
            reactor, number, inherited.family
        )
