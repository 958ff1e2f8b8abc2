"""What goes over the wire after the handshake: WebSocket frames of a server (RFC 6455, 5.2)."""

import struct
import zlib
from collections.abc import Callable

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

DEFLATE_TAIL = b"\x00\x00\xff\xff"
"""Ends every flushed deflate block; RFC 7692 leaves it out of messages."""

MAX_PREPARED = 128

_FINAL, _COMPRESSED = 0x80, 0x40


def server_frame(opcode: int, payload: bytes, flags: int = 0) -> bytes:
    """One whole frame, unfragmented and unmasked, as servers send them."""
    size, first = len(payload), _FINAL | flags | opcode
    if size < 126:
        head = struct.pack("!BB", first, size)
    elif size < 65536:
        head = struct.pack("!BBH", first, 126, size)
    else:
        head = struct.pack("!BBQ", first, 127, size)
    return head + payload


def text_frame(text: str) -> bytes:
    return server_frame(TEXT, text.encode())


def deflated_text_frame(text: str, min_bytes: int) -> bytes:
    """Compressed without context, so that one frame is right for every client.

    Texts shorter than `min_bytes` stay as they are.
    """
    payload = text.encode()
    if len(payload) < min_bytes:
        return server_frame(TEXT, payload)
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH)
    return server_frame(TEXT, deflated.removesuffix(DEFLATE_TAIL), _COMPRESSED)


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
