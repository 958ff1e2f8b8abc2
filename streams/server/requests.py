"""One HTTP request: Daphne's, with upgrades on a used connection sent the common way."""

from typing import Any

from daphne.http_protocol import WebRequest

from streams.server.handshake import RequestHead, is_websocket


class StreamRequest(WebRequest):
    transport: Any

    def process(self) -> Any:
        # Daphne lets any client choose the root path of its request with this header.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        head = self._head()
        if is_websocket(head):
            return self._upgrade(head)
        return super().process()

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
