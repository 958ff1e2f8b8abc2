"""One HTTP request: Daphne's, with limits."""

from typing import Any

from daphne.http_protocol import WebRequest

from streams.server.handshake import error_response, phrase_of

TOO_SLOW = error_response(408, "timeout", "The request did not arrive in time.")
_TOO_LARGE = error_response(413, "body_too_large", "The request's body is too large.")


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
        self._cut_off(TOO_SLOW)

    def _cut_off(self, answer: bytes) -> None:
        if self.channel is not None:
            self.channel.refuse(answer)

    # --- It is answered -----------------------------------------------------------------

    def process(self) -> Any:
        self.server.requests.discard(self)
        if self.channel is None or self.channel.has_ended:
            return None
        # Daphne lets any client choose the root path of its request with this header.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        if cookies := self.requestHeaders.getRawHeaders(b"cookie"):
            # HTTP/2 may cut the header; Django would join the parts with commas.
            self.requestHeaders.setRawHeaders(b"cookie", [b"; ".join(cookies)])
        self.server.answers.add(self)
        return super().process()

    def setResponseCode(self, code: int, message: bytes | None = None) -> None:
        """Twisted does not know the phrases of 426, 429 and others."""
        super().setResponseCode(code, message or phrase_of(code))

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
