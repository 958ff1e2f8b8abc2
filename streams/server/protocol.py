"""One client's WebSocket: Daphne's protocol with real answers and real close frames.

autobahn keeps the reading of frames; the handshake and everything sent is done here, because
autobahn refuses to send the close codes 1009 and 1012 and applies the limit for received
messages to sent ones too.
"""

import logging
import struct
import time
from typing import Any

from daphne.ws_protocol import WebSocketProtocol

from streams.server import closing
from streams.server.frames import BINARY, CLOSE, PING, PONG, TEXT, server_frame
from streams.server.handshake import (
    BadHandshake,
    Handshake,
    RequestHead,
    accept_response,
    check_handshake,
    error_response,
    http_response,
)
from streams.server.outbox import Outbox
from streams.server.scope import build_scope
from streams.server.wire import Wire, open_wire

logger = logging.getLogger(__name__)

Message = dict[str, Any]

CLOSE_TIMEOUT_SECONDS = 3
MAX_EARLY_BYTES = 65536


def _unavailable(code: str, message: str) -> bytes:
    return error_response(503, code, message, ((b"Retry-After", b"1"),))


class StreamProtocol(WebSocketProtocol):
    websocket_version = 13
    inside_message = False
    failedByMe: bool
    current_frame = None

    application_queue: Any = None
    handshake: Handshake
    wire: Wire
    outbox: Outbox
    path: bytes = b""
    client_addr: list[Any] | None = None

    _told_disconnected = False
    _denial: Message | None = None

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    # --- The handshake ------------------------------------------------------------------

    def open_handshake(self, head: RequestHead, early_data: bytes, *, is_used: bool) -> None:
        """Start the application for this client, or tell the client what is wrong.

        A connection `is_used` when it has answered HTTP requests before.
        """
        self.server = self.factory.server_class
        self.socket_opened = self.last_ping = time.time()
        self.data = early_data
        self.wire = open_wire(self.transport)
        if is_used:
            self.wire.wait_for_earlier()
        self.outbox = Outbox(self.wire, self.server.slow_clients, self._close_slow)
        try:
            self.handshake = check_handshake(head)
        except BadHandshake as error:
            self.refuse(error_response(error.status, "bad_handshake", str(error), error.headers))
            return
        server = self.server
        scope = build_scope(
            head, self.handshake, self.transport, server.root_path, server.proxy_headers
        )
        scope["extensions"]["streams.outbox"] = {"outbox": self.outbox}
        self.path, self.client_addr = self.handshake.path, scope["client"]
        server.protocol_connected(self)
        self.application_queue = server.create_application(self, scope)
        self.application_queue.put_nowait({"type": "websocket.connect"})
        self._log("connecting")

    def processHandshake(self) -> None:
        """autobahn has data for a socket that is not accepted yet; it waits in `data`."""
        if len(self.data) > MAX_EARLY_BYTES:
            self.refuse(error_response(400, "bad_handshake", "Data came before the handshake."))

    def refuse(self, answer: bytes) -> None:
        """Answer the handshake with this HTTP response and close."""
        self.data = b""
        self.state = self.STATE_CLOSED
        self.wire.write(answer)
        self.wire.release()
        self.transport.loseConnection()
        self._log("rejected")

    # --- What the application sends -----------------------------------------------------

    def handle_reply(self, message: Message) -> None:
        """Raises ValueError for what ASGI does not allow now; after a close all is ignored."""
        if self.state == self.STATE_CONNECTING:
            self._reply_to_handshake(message)
        elif self.state == self.STATE_OPEN:
            self._reply_when_open(message)

    def _reply_to_handshake(self, message: Message) -> None:
        match message["type"]:
            case "websocket.accept":
                self.serverAccept(message.get("subprotocol"), message.get("headers") or ())
            case "websocket.close":
                self.serverReject()
            case "websocket.http.response.start":
                self._denial = {**message, "body": b""}
            case "websocket.http.response.body" if self._denial is not None:
                self._deny(self._denial, message)
            case other:
                raise ValueError(f"{other!r} cannot be sent before the socket is accepted")

    def _reply_when_open(self, message: Message) -> None:
        match message["type"]:
            case "websocket.send":
                self._send(message.get("text"), message.get("bytes"))
            case "websocket.close":
                code = message.get("code")
                self.close(closing.NORMAL if code is None else code, message.get("reason"))
            case other:
                raise ValueError(f"{other!r} cannot be sent on an accepted socket")

    def serverAccept(self, subprotocol: str | None = None, headers: Any = ()) -> None:
        server_name = self.server.server_name
        if server_name:
            headers = [(b"Server", server_name.encode("latin-1")), *headers]
        self.wire.write(accept_response(self.handshake, subprotocol, headers))
        self.state = self.STATE_OPEN
        self.outbox.open(self.server.prepared_frames)
        self._log("connected")
        if self.data:
            self.consumeData()

    def serverReject(self) -> None:
        self.refuse(http_response(403, (), b""))

    def check_timeouts(self) -> None:
        limit = self.server.websocket_connect_timeout
        if self.state == self.STATE_CONNECTING and 0 <= limit < self.duration():
            self.refuse(_unavailable("overloaded", "The server could not answer in time."))
        else:
            super().check_timeouts()

    def _deny(self, denial: Message, message: Message) -> None:
        denial["body"] += message.get("body", b"")
        if not message.get("more_body", False):
            headers = denial.get("headers") or ()
            self.refuse(http_response(denial["status"], headers, denial["body"]))

    def _send(self, text: str | None, data: bytes | None) -> None:
        if (text is None) == (data is None):
            raise ValueError("websocket.send carries either text or bytes")
        if text is not None:
            self.outbox.write(server_frame(TEXT, text.encode()))
        else:
            self.outbox.write(server_frame(BINARY, bytes(data or b"")))

    def sendPong(self, payload: bytes | None = None) -> None:
        # Who asks without taking the answers gets none.
        if self.state == self.STATE_OPEN and not self.wire.is_full:
            self.wire.write(server_frame(PONG, payload or b""))

    def sendPing(self, payload: bytes | None = None) -> None:
        if self.state == self.STATE_OPEN and not self.wire.is_full:
            self.wire.write(server_frame(PING, payload or b""))

    # --- The end ------------------------------------------------------------------------

    def close(self, code: int, reason: str | None = None) -> None:
        """Send a close frame; the client has a few seconds to answer it.

        Raises ValueError for a code that must not be sent.
        """
        self.sendCloseFrame(closing.check_close_code(code), closing.encode_reason(reason))

    def serverClose(self, code: int | None = None) -> None:
        self.close(closing.NORMAL if code is None else code)

    def go_away(self) -> None:
        """The process is about to end: say so, and let the application clean up now."""
        if self.state == self.STATE_CONNECTING:
            self.refuse(_unavailable("restarting", "The server restarts."))
        elif self.state == self.STATE_OPEN:
            self.close(closing.RESTARTING, "The server restarts.")
        self._tell_disconnected(closing.RESTARTING)

    def _close_slow(self) -> None:
        self.close(closing.TOO_SLOW, "The client does not keep up.")
        self._tell_disconnected(closing.TOO_SLOW)

    def handle_exception(self, exception: BaseException) -> None:
        if self.state == self.STATE_CONNECTING:
            self.refuse(error_response(500, "internal", "Internal server error."))
        elif self.state == self.STATE_OPEN:
            self.close(closing.INTERNAL_ERROR)

    def application_returned(self) -> None:
        """Nobody listens to this client any more."""
        if self.state == self.STATE_CONNECTING:
            logger.error("Application returned without accepting or refusing %s", self)
            self.handle_exception(RuntimeError("no answer"))
        elif self.state == self.STATE_OPEN:
            self.close(closing.NORMAL)

    def sendCloseFrame(
        self, code: Any = None, reasonUtf8: Any = None, isReply: Any = False
    ) -> None:
        if self.state != self.STATE_OPEN:
            return
        code, reason = (self.remoteCloseCode, b"") if isReply else (code, reasonUtf8 or b"")
        payload = b"" if code is None else struct.pack("!H", code) + reason
        self.outbox.close()
        self.wire.write(server_frame(CLOSE, payload))
        self.state = self.STATE_CLOSING
        self.closedByMe = not isReply
        self.localCloseCode = code
        if isReply:
            # What is still on its way to a slow client must not keep the application.
            self._tell_disconnected(closing.NO_STATUS if code is None else code)
        else:
            self.closeHandshakeTimeoutCall = self.factory._batched_timer.call_later(
                CLOSE_TIMEOUT_SECONDS, self.onCloseHandshakeTimeout
            )

    def _fail_connection(self, code: int = closing.ABNORMAL, reason: str = "") -> None:
        """The client broke the protocol: a close frame, and not one more byte is believed.

        Only our half is shut: closing with unread data would reset the connection, and the
        client would lose the close frame.
        """
        if self.failedByMe:
            return
        logger.info("Client %s failed with %d: %s", self.client_addr, code, reason)
        self.failedByMe = True
        self.data = b""
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code, closing.encode_reason(reason))
            self._tell_disconnected(code)
            getattr(self.transport, "loseWriteConnection", lambda: None)()
        else:
            self.dropConnection(abort=True)

    def dropConnection(self, abort: bool = False) -> None:
        self.wire.release()
        super().dropConnection(abort and not self.wasClean)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        self.outbox.close()
        self.server.protocol_disconnected(self)
        if self.closeHandshakeTimeoutCall is not None:
            self.closeHandshakeTimeoutCall.cancel()
            self.closeHandshakeTimeoutCall = None
        if not wasClean:
            code = self.localCloseCode or closing.ABNORMAL
        self._tell_disconnected(closing.NO_STATUS if code is None else code)
        self._log("disconnected")

    def _tell_disconnected(self, code: int) -> None:
        if self.application_queue is not None and not self._told_disconnected:
            self._told_disconnected = True
            self.application_queue.put_nowait({"type": "websocket.disconnect", "code": code})

    # --- What the client sends ----------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        if not self.failedByMe:
            self._dataReceived(data)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        self.last_ping = time.time()
        message: Message = {"type": "websocket.receive"}
        if isBinary:
            message["bytes"] = payload
        else:
            message["text"] = payload.decode()
        self.application_queue.put_nowait(message)

    def _log(self, action: str) -> None:
        if self.server.action_logger:
            client = ":".join(map(str, self.client_addr)) if self.client_addr else None
            path = self.path.decode("ascii")
            self.server.log_action("websocket", action, {"path": path, "client": client})
