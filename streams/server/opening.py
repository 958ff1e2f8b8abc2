"""A WebSocket until it is open: the application accepts it, or refuses with its own answer."""

import logging
from typing import Any

from streams.server.frames import PreparedFrames
from streams.server.handshake import (
    BadHandshake,
    Handshake,
    accept_response,
    check_handshake,
    error_response,
    http_response,
)
from streams.server.heads import RequestHead
from streams.server.inbox import Inbox
from streams.server.outbox import Outbox
from streams.server.scope import build_scope
from streams.server.wire import Wire, open_wire

logger = logging.getLogger(__name__)

Message = dict[str, Any]

MAX_EARLY_BYTES = 65536

CONNECTING, OPEN, CLOSING, CLOSED = range(4)


class OpeningProtocol:
    """Twisted calls the methods with names in camelCase."""

    __slots__ = (
        "_denial",
        "_early_data",
        "client_addr",
        "handshake",
        "inbox",
        "outbox",
        "path",
        "request_id",
        "server",
        "state",
        "transport",
        "wire",
    )

    def __init__(self, server: Any) -> None:
        self.server = server
        self.state = CONNECTING
        self.transport: Any = None
        self.wire: Wire
        self.outbox: Outbox
        self.inbox: Any = None  # an Inbox, once there is an application
        self.handshake: Handshake
        self.path = b""
        self.request_id = ""
        self.client_addr: list[Any] | None = None
        self._denial: Message | None = None
        self._early_data = b""

    def makeConnection(self, transport: Any) -> None:
        self.transport = transport
        self.wire = open_wire(transport)
        self.outbox = Outbox(self.wire, self.server.slow_clients, self.close_slow, self.server.sent)

    def open_handshake(self, head: RequestHead, early_data: bytes, *, is_used: bool) -> None:
        """Start the application for this client, or tell the client what is wrong.

        A connection `is_used` when it has answered HTTP requests before.
        """
        if is_used:
            self.wire.wait_for_earlier()
        self._early_data = early_data
        self.server.websockets += 1
        self.server.protocol_connected(self)
        try:
            may_compress = self.server.options.compression_min_bytes > 0
            self.handshake = check_handshake(head, may_compress=may_compress)
        except BadHandshake as error:
            self.server.refused["bad_handshake"] += 1
            self.refuse(error_response(error.status, "bad_handshake", str(error), error.headers))
            return
        self._start_application(head)

    def _start_application(self, head: RequestHead) -> None:
        server = self.server
        scope = build_scope(head, self.handshake, self.transport, server.root_path)
        scope["extensions"]["streams.outbox"] = {"outbox": self.outbox}
        self.path = self.handshake.path
        self.inbox = Inbox(self.transport.pauseProducing, self.transport.resumeProducing)
        self.inbox.put_nowait({"type": "websocket.connect"})
        server.handshakes.add(self)
        server.start_application(self, scope, self.inbox)
        self.log("connecting")

    def reply_to_handshake(self, message: Message) -> None:
        """Raises ValueError for what ASGI does not allow now."""
        match message["type"]:
            case "websocket.accept":
                self._accept(message.get("subprotocol"), message.get("headers") or ())
            case "websocket.close":
                self.refuse(http_response(403, (), b""))
            case "websocket.http.response.start":
                self._denial = {**message, "body": b""}
            case "websocket.http.response.body" if self._denial is not None:
                self._deny(self._denial, message)
            case other:
                raise ValueError(f"{other!r} cannot be sent before the socket is accepted")

    def _accept(self, subprotocol: str | None, headers: Any) -> None:
        server_name = self.server.server_name
        if server_name:
            headers = [(b"Server", server_name.encode("latin-1")), *headers]
        self.wire.write(accept_response(self.handshake, subprotocol, headers))
        self.state = OPEN
        self.outbox.open(self._frames())
        self.server.websocket_opened(self)
        self.log("connected")
        if self._early_data:
            early_data, self._early_data = self._early_data, b""
            self.dataReceived(early_data)

    def _frames(self) -> PreparedFrames:
        is_compressed = self.handshake.deflate is not None
        frames: PreparedFrames = (
            self.server.deflated_frames if is_compressed else self.server.prepared_frames
        )
        return frames

    def _deny(self, denial: Message, message: Message) -> None:
        denial["body"] += message.get("body", b"")
        if not message.get("more_body", False):
            headers = denial.get("headers") or ()
            self.refuse(http_response(denial["status"], headers, denial["body"]))

    def refuse(self, answer: bytes) -> None:
        """Answer the handshake with this HTTP response and close."""
        self._early_data = b""
        self.state = CLOSED
        self.wire.write(answer)
        self.end_connection()
        self.log("rejected")

    def keep_early(self, data: bytes) -> None:
        """Data for a socket that is not accepted yet."""
        self._early_data += data
        if len(self._early_data) > MAX_EARLY_BYTES:
            self.server.refused["bad_handshake"] += 1
            self.refuse(error_response(400, "bad_handshake", "Data came before the handshake."))

    def time_out(self) -> None:
        """The application has neither accepted nor refused in time."""
        if self.state == CONNECTING:
            self.server.refused["overloaded"] += 1
            self.refuse(unavailable("overloaded", "The server could not answer in time."))

    def end_connection(self) -> None:
        """Once everything written has left, or when that takes too long."""
        self.wire.release()
        self.transport.loseConnection()
        self.server.ending.add(self)

    def abort(self) -> None:
        getattr(self.transport, "abortConnection", self.transport.loseConnection)()

    def dataReceived(self, data: bytes) -> None:
        raise NotImplementedError

    def go_away(self) -> None:
        raise NotImplementedError

    def close_slow(self) -> None:
        raise NotImplementedError

    def log(self, action: str) -> None:
        if self.server.action_logger:
            client = ":".join(map(str, self.client_addr)) if self.client_addr else None
            path = self.path.decode("ascii")
            self.server.log_action("websocket", action, {"path": path, "client": client})


def unavailable(code: str, message: str, retry_after: int = 1) -> bytes:
    headers = ((b"Retry-After", b"%d" % retry_after),)
    return error_response(503, code, message, headers)


FULL = unavailable("full", "The server has as many connections as it may have.", 5)
RESTARTING = unavailable("restarting", "The server restarts.")
