"""Where every connection comes in: reads one request head and hands the connection on.

A WebSocket handshake goes straight to its protocol; anything else to Twisted's HTTP channel.
"""

import logging
from functools import partial
from typing import Any

from daphne.http_protocol import HTTPFactory
from twisted.internet.protocol import Protocol
from twisted.protocols.policies import ProtocolWrapper

from streams.server.handshake import error_response
from streams.server.heads import RequestHead, is_websocket, parse_head
from streams.server.opening import FULL, unavailable
from streams.server.protocol import StreamProtocol
from streams.server.requests import StreamRequest

logger = logging.getLogger(__name__)

MAX_HEAD_BYTES = 16384
# Connections that a full process still takes, for who asks how it is: a process that does not
# answer looks dead, and would be restarted with all its clients.
RESERVE = 16

RESTARTING = unavailable("restarting", "The server restarts.")

_TOO_LARGE = error_response(431, "head_too_large", "The request's headers are too large.")
_TOO_SLOW = error_response(408, "timeout", "The request did not arrive in time.")


class Door(Protocol):
    transport: Any

    def __init__(self, factory: "StreamFactory", *, is_reserved: bool = False) -> None:
        """A reserved one is beyond the limit, and only for those who ask how the process is."""
        self.factory: StreamFactory = factory
        self.is_reserved = is_reserved
        self.data = b""

    def connectionMade(self) -> None:
        self.factory.server.doors.add(self)

    def connectionLost(self, reason: Any = None) -> None:
        self.factory.server.doors.discard(self)

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        end = self.data.find(b"\r\n\r\n", max(0, len(self.data) - len(data) - 3)) + 4
        if end >= 4 and end <= MAX_HEAD_BYTES:
            self._hand_over(end)
        elif len(self.data) > MAX_HEAD_BYTES:
            self._refuse(_TOO_LARGE)

    def time_out(self) -> None:
        """The head has not come in time; a connection that sent nothing gets no answer."""
        self._refuse(_TOO_SLOW if self.data else b"")

    def leave(self) -> None:
        """The process is about to end."""
        self._refuse(RESTARTING if self.data else b"")

    def _refuse(self, answer: bytes) -> None:
        self.factory.server.doors.discard(self)
        self.transport.write(answer)
        self.transport.loseConnection()

    def _hand_over(self, end: int) -> None:
        server = self.factory.server
        server.doors.discard(self)
        head = parse_head(self.data[:end])
        if server.is_draining:
            server.refused["restarting"] += 1
            self._refuse(RESTARTING)
        elif self.is_reserved and not (head and server.may_use_reserve(head)):
            server.refused["full"] += 1
            self._refuse(FULL)
        elif head and is_websocket(head):
            self.factory.open_websocket(self.transport, head, self.data[end:], is_used=False)
        else:
            channel = self.factory.build_channel(self.transport)
            replace_protocol(self.transport, channel)
            channel.dataReceived(self.data)


class ClosedDoor(Protocol):
    """For a connection too many: an answer, whatever it may have asked for."""

    transport: Any

    def __init__(self, server: Any) -> None:
        self._server = server

    def connectionMade(self) -> None:
        self._server.ending.add(self)
        self._server.refused["full"] += 1
        self.transport.write(FULL)
        # Closing both ways with a request unread would take the answer away from the client.
        getattr(self.transport, "loseWriteConnection", self.transport.loseConnection)()

    def connectionLost(self, reason: Any = None) -> None:
        self._server.ending.discard(self)

    def abort(self) -> None:
        self.transport.abortConnection()


class StreamFactory(HTTPFactory):
    """Daphne's factory, with a door in front."""

    def startFactory(self) -> None:
        """Nothing of Twisted's access log, and none of its timers."""

    def stopFactory(self) -> None: ...

    def log(self, request: Any) -> None: ...

    def buildProtocol(self, addr: Any) -> Protocol:
        if not self.server.is_full():
            return Door(self)
        if not self.server.is_full(RESERVE):
            return Door(self, is_reserved=True)
        return ClosedDoor(self.server)

    def build_channel(self, transport: Any) -> Any:
        """Daphne's and Twisted's HTTP, for everything that is not a WebSocket."""
        channel = super().buildProtocol(transport.getPeer())
        channel.requestFactory = StreamRequest
        channel.timeOut = self.server.options.keep_alive_seconds
        self.server.http_transports.add(transport)
        channel.connectionLost = partial(self._channel_lost, channel.connectionLost, transport)
        return channel

    def _channel_lost(self, connection_lost: Any, transport: Any, reason: Any) -> None:
        self.server.http_transports.discard(transport)
        connection_lost(reason)

    def open_websocket(
        self, transport: Any, head: RequestHead, early_data: bytes, *, is_used: bool
    ) -> None:
        self.server.http_transports.discard(transport)
        protocol = StreamProtocol(self.server)
        replace_protocol(transport, protocol)
        protocol.open_handshake(head, early_data, is_used=is_used)


def replace_protocol(transport: Any, protocol: Any) -> None:
    """From now on `protocol` has the connection; TLS is a protocol wrapped around another."""
    if isinstance(transport, ProtocolWrapper):
        transport.wrappedProtocol = protocol
    else:
        transport.protocol = protocol
    protocol.makeConnection(transport)
