"""A local streamer: a WebSocket server that takes subscriptions and pushes pricing frames."""

from __future__ import annotations

import base64
import json
import struct
import threading
from typing import Any, Self

from websockets.sync.server import ServerConnection, serve


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def zigzag(number: int) -> bytes:
    return varint(number << 1 ^ number >> 63)


def make_message(**fields: Any) -> bytes:
    """A protobuf message, with some fields of the real ones that nobody needs."""
    symbol = fields["symbol"].encode()
    parts = [b"\x0a" + varint(len(symbol)) + symbol]
    parts += [b"\x22\x03USD", b"\x30" + varint(41), b"\x81\x02" + bytes(8)]
    for name, number in (("price", 2), ("percent_change", 8), ("high", 10), ("low", 11)):
        if name in fields:
            parts.append(varint(number << 3 | 5) + struct.pack("<f", fields[name]))
    if "change" in fields:
        parts.append(b"\x65" + struct.pack("<f", fields["change"]))
    if "time_ms" in fields:
        parts.append(b"\x18" + zigzag(fields["time_ms"]))
    if "volume" in fields:
        parts.append(b"\x48" + zigzag(fields["volume"]))
    if "market_hours" in fields:
        parts.append(b"\x38" + varint(fields["market_hours"]))
    return b"".join(parts)


def make_frame(**fields: Any) -> str:
    message = base64.b64encode(make_message(**fields)).decode()
    return json.dumps({"type": "pricing", "message": message})


class FakeStreamer:
    """Remembers what it was told; `push` sends a frame to whoever is connected."""

    def __init__(self) -> None:
        self.told: list[dict[str, list[str]]] = []
        self.paths: list[str] = []
        self.sockets: list[ServerConnection] = []
        self.changed = threading.Condition()
        self._server = serve(self._serve, "127.0.0.1", 0)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self._server.shutdown()
        self._thread.join()

    def push(self, frame: str) -> None:
        for socket in self.sockets:
            socket.send(frame)

    def hang_up(self) -> None:
        for socket in list(self.sockets):
            socket.close()

    def wait_until_told(self, count: int, seconds: float = 5) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.told) >= count, seconds), self.told

    def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        with self.changed:
            self.paths.append(socket.request.path)
            self.sockets.append(socket)
        for message in socket:
            with self.changed:
                self.told.append(json.loads(message))
                self.changed.notify_all()
        self.sockets.remove(socket)
