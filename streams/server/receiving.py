"""What a client says on its WebSocket, within the limits for how much it may say."""

import time
from typing import Any

from streams.server import closing
from streams.server.allowance import Allowance
from streams.server.frames import BINARY, CLOSE, PING, PONG, TEXT, server_frame
from streams.server.inflating import Inflater
from streams.server.opening import CLOSED, CONNECTING, OPEN, OpeningProtocol
from streams.server.reading import FrameReader, ReadingFailed, Received

# Each frame costs, however short it is: how many, on average, one of the allowed messages may take.
FRAMES_PER_MESSAGE = 10


class ReceivingProtocol(OpeningProtocol):
    __slots__ = ("_controls", "_messages", "_reader", "has_failed", "pings_unanswered")

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.has_failed = False
        self.pings_unanswered = 0
        self._reader: FrameReader | None = None  # most clients never say anything
        self._messages: Allowance
        self._controls: Allowance

    def dataReceived(self, data: bytes) -> None:
        if self.state == CONNECTING:
            self.keep_early(data)
        elif self.state != CLOSED and not self.has_failed:
            self._read(data)

    def _read(self, data: bytes) -> None:
        self.pings_unanswered = 0
        reader = self._reader or self._start_reading()
        now = time.monotonic()
        try:
            for received in reader.receive(data, now):
                self._received(received, now)
                if self.state == CLOSED or self.has_failed:
                    return
        except ReadingFailed as error:
            self.fail(error.code, str(error))

    def _start_reading(self) -> FrameReader:
        server, deflate = self.server, self.handshake.deflate
        per_second = server.options.max_messages_per_second
        self._messages = Allowance(per_second)
        self._controls = Allowance(per_second)
        self._reader = FrameReader(
            server.websocket_max_message_size,
            server.websocket_max_frame_size,
            Allowance(per_second * FRAMES_PER_MESSAGE),
            Inflater(keeps_context=deflate.keeps_context) if deflate else None,
        )
        return self._reader

    def _received(self, received: Received, now: float) -> None:
        opcode, content = received
        if opcode == CLOSE:
            self.received_close(content)
        elif self.state != OPEN:
            return
        elif not (self._messages if opcode in (TEXT, BINARY) else self._controls).take(now):
            self.fail(closing.OVER_LIMIT, "Too many messages.")
        elif opcode == PING and not self.wire.is_full:  # who takes no answers gets none
            self.wire.write(server_frame(PONG, content))
        elif opcode in (TEXT, BINARY):
            key = "text" if opcode == TEXT else "bytes"
            self.inbox.put_nowait({"type": "websocket.receive", key: content})

    def received_close(self, code: int | None) -> None:
        raise NotImplementedError

    def fail(self, code: int, reason: str) -> None:
        raise NotImplementedError
