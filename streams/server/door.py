"""Where every connection comes in: reads one request head and hands the connection on.

A WebSocket handshake goes straight to its protocol; anything else to Twisted's HTTP channel.
"""

import logging
from typing import Any

from daphne.http_protocol import HTTPFactory
from twisted.internet.protocol import Protocol
from twisted.protocols.policies import ProtocolWrapper

from streams.server.handshake import RequestHead, error_response, is_websocket, parse_head
from streams.server.requests import StreamRequest

logger = logging.getLogger(__name__)

MAX_HEAD_BYTES = 16384

_TOO_LARGE = error_response(431, "head_too_large", "The request's headers are too large.")
_TOO_SLOW = error_response(408, "timeout", "The request did not arrive in time.")


class Door(Protocol):
    transport: Any

    def __init__(self, factory: "StreamFactory") -> None:
        self.factory: StreamFactory = factory
        self.data = b""

    def connectionMade(self) -> None:
        self.factory.server.door_opened(self)

    def connectionLost(self, reason: Any = None) -> None:
        self.factory.server.door_closed(self)

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

    def _refuse(self, answer: bytes) -> None:
        self.factory.server.door_closed(self)
        self.transport.write(answer)
        self.transport.loseConnection()

    def _hand_over(self, end: int) -> None:
        self.factory.server.door_closed(self)
        head = parse_head(self.data[:end])
        if head and is_websocket(head):
            self.factory.open_websocket(self.transport, head, self.data[end:], is_used=False)
            return
        channel = self.factory.build_channel(self.transport.getPeer())
        replace_protocol(self.transport, channel)
        channel.dataReceived(self.data)


class StreamFactory(HTTPFactory):
    """Daphne's factory, with a door in front."""

    def buildProtocol(self, addr: Any) -> Door:
        return Door(self)

    def build_channel(self, addr: Any) -> Any:
        """Daphne's and Twisted's HTTP, for everything that is not a WebSocket."""
        channel = super().buildProtocol(addr)
        channel.requestFactory = StreamRequest
        return channel

    def open_websocket(
        self, transport: Any, head: RequestHead, early_data: bytes, *, is_used: bool
    ) -> None:
        protocol = self.server.ws_factory.buildProtocol(transport.getPeer())
        replace_protocol(transport, protocol)
        protocol.open_handshake(head, early_data, is_used=is_used)


def replace_protocol(transport: Any, protocol: Any) -> None:
    """From now on `protocol` has the connection; TLS is a protocol wrapped around another."""
    if isinstance(transport, ProtocolWrapper):
        transport.wrappedProtocol = protocol
    else:
        transport.protocol = protocol
    protocol.makeConnection(transport)
