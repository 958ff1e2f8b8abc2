"""One client's way out: takes payloads as fast as they come, keeps the newest for a slow client."""

import asyncio
from collections.abc import Callable

from streams.counts import Sent
from streams.server.deadlines import Deadlines
from streams.server.frames import PreparedFrames
from streams.server.wire import Wire


class Outbox:
    """What applications find in the scope as `extensions["streams.outbox"]["outbox"]`.

    Of the payloads offered while the socket is full only the newest is kept; it is sent when
    there is room. Before the socket is accepted and after its end, offers go nowhere.
    """

    __slots__ = (
        "_frames",
        "_is_open",
        "_is_ready",
        "_newest",
        "_room",
        "_slow",
        "_wire",
        "give_up",
        "sent",
    )

    def __init__(
        self, wire: Wire, slow: "Deadlines[Outbox]", give_up: Callable[[], None], sent: Sent
    ) -> None:
        """`give_up` is called for a client that takes nothing for too long.

        What is sent is counted in `sent`; an application may put another one there.
        """
        self.give_up = give_up
        self.sent = sent
        self._wire = wire
        self._slow = slow
        self._frames: PreparedFrames
        self._newest: str | None = None
        self._room: asyncio.Future[None] | None = None
        self._is_open = self._is_ready = False
        wire.on_full, wire.on_drained = self._filled, self._drained

    def open(self, frames: PreparedFrames) -> None:
        """The socket is accepted, and its texts look like `frames`."""
        self._frames = frames
        self._is_open = True
        if not self._wire.is_full:
            self._drained()

    def offer(self, payload: str) -> None:
        """Send this text, or keep it as the newest. Never blocks."""
        if self._is_ready:
            frame = self._frames[payload]
            sent = self.sent  # no call of its own: this runs for every message of every client
            sent.messages += 1
            sent.bytes += len(frame)
            self._wire.write(frame)
        elif self._is_open:
            if self._newest is not None:
                self.sent.replaced += 1
            self._newest = payload

    def write(self, frame: bytes) -> None:
        """Send a frame after everything that was offered before it."""
        if self._newest is not None:
            payload, self._newest = self._newest, None
            self._write(self._frames[payload])
        self._write(frame)

    def _write(self, frame: bytes) -> None:
        self.sent.messages += 1
        self.sent.bytes += len(frame)
        self._wire.write(frame)

    async def wait_for_room(self) -> None:
        """Until the client has taken what was written, or is gone."""
        while self._wire.is_full and self._is_open:
            if self._room is None:
                self._room = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._room)

    def close(self) -> None:
        """Nothing but control frames from now on."""
        self._is_open, self._is_ready, self._newest = False, False, None
        self._slow.discard(self)
        self._wake()

    def _filled(self) -> None:
        self._is_ready = False
        if self._is_open:
            self._slow.add(self)

    def _drained(self) -> None:
        self._slow.discard(self)
        self._wake()
        self._is_ready = self._is_open
        if self._is_ready and self._newest is not None:
            payload, self._newest = self._newest, None
            self.offer(payload)

    def _wake(self) -> None:
        if self._room is not None:
            self._room.set_result(None)
            self._room = None
