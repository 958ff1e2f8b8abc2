"""One HTTP request: Daphne's, with limits; upgrades of a used connection go the common way."""

from typing import Any

from daphne.http_protocol import WebRequest

from streams.server.handshake import error_response
from streams.server.heads import RequestHead, is_websocket
from streams.server.opening import FULL, unavailable

_TOO_LARGE = error_response(413, "body_too_large", "The request's body is too large.")
_TOO_SLOW = error_response(408, "timeout", "The request did not arrive in time.")
_RESTARTING = unavailable("restarting", "The server restarts.")


class StreamRequest(WebRequest):
    transport: Any
    channel: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._body_bytes = 0
        self.request_id = ""
        self.server.requests.add(self)

    # --- Its bytes arrive ---------------------------------------------------------------

    def gotLength(self, length: int | None) -> None:
        super().gotLength(length)
        if length and length > self.server.options.max_body_bytes:
            self._cut_off(_TOO_LARGE)

    def handleContentChunk(self, data: bytes) -> None:
        self._body_bytes += len(data)
        if self._body_bytes <= self.server.options.max_body_bytes:
            super().handleContentChunk(data)
        else:
            self._cut_off(_TOO_LARGE)

    def time_out(self) -> None:
        """It has not arrived completely in time."""
        self._cut_off(_TOO_SLOW)

    def _cut_off(self, answer: bytes) -> None:
        if self.channel is not None:
            self.channel.transport.write(answer)
            self.channel.loseConnection()

    # --- It is answered -----------------------------------------------------------------

    def process(self) -> Any:
        self.server.requests.discard(self)
        # Daphne lets any client choose the root path of its request with this header.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        head = self._head()
        if self.server.is_draining:
            return self._cut_off(_RESTARTING)
        if is_websocket(head) and self.server.websockets >= self.server.options.max_connections:
            self.server.refused["full"] += 1
            return self._cut_off(FULL)
        if is_websocket(head):
            return self._upgrade(head)
        if cookies := head.get_all(b"cookie"):
            # HTTP/2 may cut the header; Django would join the parts with commas.
            self.requestHeaders.setRawHeaders(b"cookie", [b"; ".join(cookies)])
        self.server.answers.add(self)
        return super().process()

    def finish(self) -> None:
        self.server.answers.discard(self)
        super().finish()

    def connectionLost(self, reason: Any) -> None:
        self.server.requests.discard(self)
        self.server.answers.discard(self)
        super().connectionLost(reason)

    def handle_exception(self, exception: BaseException) -> None:
        if not self._response_started:
            super().handle_exception(exception)
        elif not self.finished and self.channel is not None:
            # Half an answer cannot be taken back: a cut connection tells the client so.
            self.channel.abortConnection()

    def application_returned(self) -> None:
        """The application ended without an error; it may have forgotten to answer."""
        if not self.finished:
            self.handle_exception(RuntimeError("no answer"))

    def _head(self) -> RequestHead:
        headers = tuple(
            (name.lower(), value)
            for name, values in self.requestHeaders.getAllRawHeaders()
            for value in values
        )
        return RequestHead(self.method, self.uri, self.clientproto, headers)

    def _upgrade(self, head: RequestHead) -> None:
        transport: Any = self.transport
        self.transport = None
        early_data = b"".join(self.channel._dataBuffer)
        self.server.protocol_disconnected(self)
        transport.unregisterProducer()
        transport.resumeProducing()
        self.channel.factory.open_websocket(transport, head, early_data, is_used=True)
