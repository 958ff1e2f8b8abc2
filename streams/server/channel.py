"""A connection from its first byte: heads are read here, requests by Twisted's HTTP.

A WebSocket handshake goes to its protocol, as the first request of a connection or a later one.
"""

import sys
from typing import Any

from twisted.internet.interfaces import ISSLTransport
from twisted.protocols.policies import ProtocolWrapper
from twisted.web.http import HTTPChannel

from streams.server.handshake import error_response
from streams.server.heads import (
    HeadReader,
    HeadTooLarge,
    RequestHead,
    is_websocket,
    parse_head,
    split_list,
)
from streams.server.opening import FULL, RESTARTING
from streams.server.protocol import StreamProtocol
from streams.server.requests import TOO_SLOW, StreamRequest

_TOO_LARGE = error_response(431, "head_too_large", "The request's headers are too large.")
_NOT_HTTP = error_response(400, "bad_request", "That is no well-formed HTTP request.")


class StreamChannel(HTTPChannel):
    """Twisted and zope call the methods with names in camelCase."""

    transport: Any
    requestFactory = StreamRequest
    # Heads come whole and within one limit, and all time limits are the server's.
    totalHeadersSize = maxHeaders = MAX_LENGTH = sys.maxsize
    timeOut = None

    def __init__(self, factory: Any, *, is_reserved: bool = False) -> None:
        """A reserved one is beyond the limit, and only for those who ask how the process is."""
        super().__init__()
        self.factory = factory
        self.has_ended = False
        self._server = factory.server
        self._is_reserved = is_reserved
        self._is_used = False
        self._awaits_head = True
        self._head_reader = HeadReader(self._server.options.max_head_bytes)

    def connectionMade(self) -> None:
        self._server.channels.add(self)
        self._server.heads.add(self)

    def connectionLost(self, reason: Any = None) -> None:
        self._leave()
        self._server.ending.discard(self)
        super().connectionLost(reason)

    def _leave(self) -> None:
        """It is no connection that can still serve somebody."""
        for connections in (self._server.channels, self._server.heads, self._server.idle):
            connections.discard(self)

    # --- Heads --------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        if self.has_ended:
            return
        if not self._awaits_head:
            super().dataReceived(data)
            return
        try:
            received = self._head_reader.receive(data)
        except HeadTooLarge:
            self.refuse(_TOO_LARGE)
            return
        if received:
            self._received_head(*received)
        elif self._head_reader.has_begun:
            self._server.idle.discard(self)
            self._server.heads.add(self)

    def _received_head(self, data: bytes, rest: bytes) -> None:
        self._server.idle.discard(self)
        self._server.heads.discard(self)
        head = parse_head(data)
        if refusal := self._find_refusal(head):
            self.refuse(refusal)
        elif head and is_websocket(head):
            self._open_websocket(head, rest)
        else:
            self._serve(data + rest)

    def _find_refusal(self, head: RequestHead | None) -> bytes | None:
        server = self._server
        if server.is_draining:
            server.refused["restarting"] += 1
            return RESTARTING
        if self._is_reserved and not (head and server.may_use_reserve(head)):
            server.refused["full"] += 1
            return FULL
        return None if head else _NOT_HTTP

    def _open_websocket(self, head: RequestHead, early_data: bytes) -> None:
        self._leave()
        if self._is_used:
            self.transport.unregisterProducer()
            self.transport.resumeProducing()
        protocol = StreamProtocol(self._server)
        _replace_protocol(self.transport, protocol)
        protocol.open_handshake(head, early_data, is_used=self._is_used)

    # --- Requests -----------------------------------------------------------------------

    def _serve(self, data: bytes) -> None:
        self._awaits_head = False
        if not self._is_used:
            self._is_used = True
            super().connectionMade()
        super().dataReceived(data)

    def requestDone(self, request: Any) -> None:
        self._awaits_head = True
        # What has come already is the next request's, and its head is read here like any other.
        self._dataBuffer.append(self.clearLineBuffer())
        if self.persistent:
            self._server.idle.add(self)
        super().requestDone(request)

    def checkPersistence(self, request: Any, version: bytes) -> bool:
        values = request.requestHeaders.getRawHeaders(b"connection", [])
        wants_close = b"close" in (option.lower() for option in split_list(values))
        if wants_close:
            request.responseHeaders.setRawHeaders(b"connection", [b"close"])
        return version == b"HTTP/1.1" and not wants_close

    def _send100Continue(self) -> None:
        if not self.has_ended:
            super()._send100Continue()

    # --- The end ------------------------------------------------------------------------

    def refuse(self, answer: bytes) -> None:
        """A last answer, whatever else the client may be sending.

        Closing both ways with bytes unread would take the answer away from the client.
        """
        if self.has_ended:
            return
        self._end()
        self.transport.write(answer)
        if ISSLTransport.providedBy(self.transport):
            self.transport.loseConnection()
        else:
            getattr(self.transport, "loseWriteConnection", self.transport.loseConnection)()

    def _end(self) -> None:
        self._leave()
        self.has_ended = True
        self._server.ending.add(self)
        if self._is_used:
            self.transport.unregisterProducer()
            self.transport.resumeProducing()

    def time_out(self) -> None:
        """The head has not come in time; a connection that sent nothing gets no answer."""
        if self._head_reader.has_begun:
            self.refuse(TOO_SLOW)
        else:
            self.close()

    def leave(self) -> None:
        """The process is about to end, and has no whole request of this connection."""
        if self._head_reader.has_begun:
            self.refuse(RESTARTING)
        else:
            self.close()

    def close(self) -> None:
        """Nothing was asked that is not answered."""
        self._end()
        self.transport.loseConnection()

    def abort(self) -> None:
        self.transport.abortConnection()


class FullChannel(StreamChannel):
    """For a connection too many: an answer, whatever it may have asked for."""

    def connectionMade(self) -> None:
        self._server.refused["full"] += 1
        self.refuse(FULL)


def _replace_protocol(transport: Any, protocol: Any) -> None:
    """From now on `protocol` has the connection; TLS is a protocol wrapped around another."""
    if isinstance(transport, ProtocolWrapper):
        transport.wrappedProtocol = protocol
    else:
        transport.protocol = protocol
    protocol.makeConnection(transport)
