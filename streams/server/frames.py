"""What goes over the wire after the handshake: WebSocket frames of a server (RFC 6455, 5.2)."""

import struct
from collections.abc import Callable

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

_FINAL = 0x80

MAX_PREPARED = 128


def server_frame(opcode: int, payload: bytes) -> bytes:
    """One whole frame, unfragmented and unmasked, as servers send them."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", _FINAL | opcode, size)
    elif size < 65536:
        head = struct.pack("!BBH", _FINAL | opcode, 126, size)
    else:
        head = struct.pack("!BBQ", _FINAL | opcode, 127, size)
    return head + payload


def text_frame(text: str) -> bytes:
    return server_frame(TEXT, text.encode())


class PreparedFrames:
    """The frames of the last payloads, so that each is built once for all of its receivers.

    Looking up the very same string again costs no comparison and no hashing.
    """

    __slots__ = ("_build", "_frames")

    def __init__(self, build: Callable[[str], bytes] = text_frame) -> None:
        self._build = build
        self._frames: dict[str, bytes] = {}

    def __getitem__(self, payload: str) -> bytes:
        frame = self._frames.get(payload)
        return self._prepare(payload) if frame is None else frame

    def _prepare(self, payload: str) -> bytes:
        if len(self._frames) >= MAX_PREPARED:
            del self._frames[next(iter(self._frames))]
        frame = self._frames[payload] = self._build(payload)
        return frame
