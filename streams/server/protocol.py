"""One client's WebSocket: what is received, what is sent, and how it ends.

Takes the place of Daphne's protocol and of autobahn beneath it, which refuse to send the codes
1009 and 1012, copy their configuration into every connection, and keep timers for each.
"""

import logging
import struct
from typing import Any

from streams.server import closing
from streams.server.frames import BINARY, CLOSE, PING, TEXT, server_frame
from streams.server.handshake import error_response
from streams.server.opening import (
    CLOSED,
    CLOSING,
    CONNECTING,
    OPEN,
    RESTARTING,
    Message,
)
from streams.server.receiving import ReceivingProtocol

logger = logging.getLogger(__name__)


class StreamProtocol(ReceivingProtocol):
    __slots__ = (
        "_local_code",
        "_told_disconnected",
        "pulse_bucket",
    )

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.pulse_bucket: set[Any] | None = None
        self._local_code: int | None = None
        self._told_disconnected = False

    def __repr__(self) -> str:
        return f"<WebSocket client={self.client_addr!r} path={self.path!r}>"

    @property
    def is_open(self) -> bool:
        return self.state == OPEN

    # --- What the application sends -----------------------------------------------------

    def handle_reply(self, message: Message) -> None:
        """Raises ValueError for what ASGI does not allow now; after a close all is ignored."""
        if self.state == CONNECTING:
            self.reply_to_handshake(message)
        elif self.state == OPEN:
            self._reply_when_open(message)

    def _reply_when_open(self, message: Message) -> None:
        match message["type"]:
            case "websocket.send":
                self._send(message.get("text"), message.get("bytes"))
            case "websocket.close":
                code = message.get("code")
                self.close(closing.NORMAL if code is None else code, message.get("reason"))
            case other:
                raise ValueError(f"{other!r} cannot be sent on an accepted socket")

    def _send(self, text: str | None, data: bytes | None) -> None:
        if (text is None) == (data is None):
            raise ValueError("websocket.send carries either text or bytes")
        if text is not None:
            self.outbox.write(server_frame(TEXT, text.encode()))
        else:
            self.outbox.write(server_frame(BINARY, bytes(data or b"")))

    # --- The end ------------------------------------------------------------------------

    def close(self, code: int, reason: str | None = None) -> None:
        """Send a close frame; the client has a few seconds to answer it.

        Raises ValueError for a code that must not be sent.
        """
        code, encoded = closing.check_close_code(code), closing.encode_reason(reason)
        if self.state == OPEN:
            self._send_close(code, encoded)
            self._local_code = code
            self.server.ending.add(self)

    def _send_close(self, code: int | None, reason: bytes) -> None:
        self.state = CLOSING
        self.outbox.close()
        self.wire.write(server_frame(CLOSE, _close_payload(code, reason)))

    def received_close(self, code: int | None) -> None:
        if self.state == OPEN:
            self._send_close(code, b"")
        self._tell_disconnected(closing.NO_STATUS if code is None else code)
        self.state = CLOSED
        self.end_connection()

    def close_old(self) -> None:
        """Its time is over."""
        self.close(closing.NORMAL)

    def close_slow(self) -> None:
        """The client takes nothing of what waits for it."""
        self.close(closing.TOO_SLOW, "The client does not keep up.")
        self._tell_disconnected(closing.TOO_SLOW)

    def fail(self, code: int, reason: str) -> None:
        """The client broke a rule: a close frame, and not one more byte is believed.

        Only our half is shut: closing with unread data would reset the connection, and the
        client would lose the close frame.
        """
        about = {"request_id": self.request_id}
        logger.info("Client %s failed with %d: %s", self.client_addr, code, reason, extra=about)
        self.has_failed = True
        if self.state != OPEN:
            self.abort()
            return
        self.close(code, reason)
        self._tell_disconnected(code)
        self.wire.release()
        getattr(self.transport, "loseWriteConnection", lambda: None)()

    def go_away(self) -> None:
        """The process is about to end: say so, and let the application clean up now."""
        if self.state == CONNECTING:
            self.server.refused["restarting"] += 1
            self.refuse(RESTARTING)
        elif self.state == OPEN:
            self.close(closing.RESTARTING, "The server restarts.")
        self._tell_disconnected(closing.RESTARTING)

    def handle_exception(self, exception: BaseException) -> None:
        if self.state == CONNECTING:
            self.server.refused["internal"] += 1
            self.refuse(error_response(500, "internal", "Internal server error."))
        else:
            self.close(closing.INTERNAL_ERROR)

    def application_returned(self) -> None:
        """Nobody listens to this client any more."""
        if self.state == CONNECTING:
            about = {"request_id": self.request_id}
            logger.error("Application returned without an answer to %s", self, extra=about)
            self.handle_exception(RuntimeError("no answer"))
        else:
            self.close(closing.NORMAL)

    def pulse(self) -> None:
        """Its turn to show that it lives, if nothing that was sent lately can tell."""
        if self.state != OPEN or self.wire.was_used or self.wire.is_full:
            self.wire.was_used = False
        elif self.pings_unanswered >= self.server.max_unanswered_pings:
            self.abort()
        else:
            self.pings_unanswered += 1
            self.wire.write(server_frame(PING, b""))
            self.wire.was_used = False

    def connectionLost(self, reason: Any) -> None:
        self.state = CLOSED
        self.outbox.close()
        self.server.websocket_closed(self)
        self._tell_disconnected(self._local_code or closing.ABNORMAL)
        self.log("disconnected")

    def _tell_disconnected(self, code: int) -> None:
        if self.inbox is not None and not self._told_disconnected:
            self._told_disconnected = True
            self.inbox.put_nowait({"type": "websocket.disconnect", "code": code})


def _close_payload(code: int | None, reason: bytes) -> bytes:
    return b"" if code is None else struct.pack("!H", code) + reason
