"""From the bytes of a client to its messages (RFC 6455, 5 and 7692); pure, no I/O.

Errors: `ReadingFailed` (the client's fault; carries the code to close with).
"""

import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from streams.server.closing import check_close_code
from streams.server.frames import BINARY, CLOSE, CONTINUATION, DEFLATE_TAIL, PING, PONG, TEXT

PROTOCOL_ERROR, INVALID_PAYLOAD, TOO_BIG = 1002, 1007, 1009

MAX_FRAGMENTS = 1024

_FINAL, _COMPRESSED, _RESERVED, _MASKED = 0x80, 0x40, 0x30, 0x80
_DATA = frozenset({CONTINUATION, TEXT, BINARY})
_CONTROL = frozenset({CLOSE, PING, PONG})


class ReadingFailed(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Received(NamedTuple):
    """TEXT comes with a str, CLOSE with its code (None: it had none), all others with bytes."""

    opcode: int
    content: Any


class _Frame(NamedTuple):
    first_byte: int
    payload: bytes

    @property
    def opcode(self) -> int:
        return self.first_byte & 0x0F


class FrameReader:
    """Masked frames in, whole messages and control frames out. Limits of 0 are no limits."""

    __slots__ = (
        "_buffer",
        "_fragments",
        "_max_bytes",
        "_max_frame_bytes",
        "_may_compress",
        "_size",
    )

    def __init__(self, max_bytes: int, max_frame_bytes: int, *, may_compress: bool) -> None:
        self._max_bytes = max_bytes
        self._max_frame_bytes = max_frame_bytes
        self._may_compress = may_compress
        self._buffer = b""
        self._fragments: list[_Frame] = []
        self._size = 0

    def receive(self, data: bytes) -> Iterator[Received]:
        """Raises ReadingFailed, after everything that was complete before it."""
        self._buffer += data
        while frame := self._take_frame():
            if frame.opcode in _CONTROL:
                yield _read_control(frame)
                continue
            self._fragments.append(frame)
            self._size += len(frame.payload)
            if frame.first_byte & _FINAL:
                yield self._take_message()

    def _take_frame(self) -> _Frame | None:
        """The next frame, once it is complete."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        self._check_head(buffer[0], buffer[1])
        size, start = _read_size(buffer)
        if size is None:
            return None
        self._check_size(buffer[0] & 0x0F, size)
        end = start + 4 + size
        if len(buffer) < end:
            return None
        self._buffer = buffer[end:]
        return _Frame(buffer[0], _unmask(buffer[start + 4 : end], buffer[start : start + 4]))

    def _check_head(self, first: int, second: int) -> None:
        opcode = first & 0x0F
        _require(not first & _RESERVED, "reserved bits are set")
        _require(second & _MASKED, "a client masks its frames")
        if opcode in _CONTROL:
            _require(first & _FINAL and second & 0x7F <= 125, "control frames are short and whole")
            _require(not first & _COMPRESSED, "control frames are not compressed")
        else:
            _require(opcode in _DATA, "unknown opcode")
            inside = bool(self._fragments)
            _require(inside == (opcode == CONTINUATION), "messages do not interleave")
            _require(self._allows(first), "the frame must not be compressed")

    def _allows(self, first: int) -> bool:
        return not first & _COMPRESSED or (self._may_compress and not self._fragments)

    def _check_size(self, opcode: int, size: int) -> None:
        if opcode in _CONTROL:
            return
        if 0 < self._max_frame_bytes < size or 0 < self._max_bytes < self._size + size:
            raise ReadingFailed(TOO_BIG, f"Messages may have up to {self._max_bytes} bytes.")
        if len(self._fragments) >= MAX_FRAGMENTS:
            raise ReadingFailed(TOO_BIG, f"Messages may have up to {MAX_FRAGMENTS} fragments.")

    def _take_message(self) -> Received:
        fragments, self._fragments, self._size = self._fragments, [], 0
        content = b"".join(frame.payload for frame in fragments)
        if fragments[0].first_byte & _COMPRESSED:
            content = _inflate(content, self._max_bytes)
        if fragments[0].opcode == BINARY:
            return Received(BINARY, content)
        return Received(TEXT, _decode(content))


def _require(condition: object, reason: str) -> None:
    if not condition:
        raise ReadingFailed(PROTOCOL_ERROR, reason)


def _read_size(buffer: bytes) -> tuple[int | None, int]:
    """The payload's size, None when its bytes are not all there, and where the mask begins."""
    size = buffer[1] & 0x7F
    if size < 126:
        return size, 2
    start, least = (4, 126) if size == 126 else (10, 65536)
    if len(buffer) < start:
        return None, start
    size = int.from_bytes(buffer[2:start], "big")
    _require(least <= size < 2**63, "the length is not in its shortest form")
    return size, start


def _unmask(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    mixed = int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")
    return mixed.to_bytes(size, "little")


def _inflate(content: bytes, max_bytes: int) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = inflater.decompress(content + DEFLATE_TAIL, max_bytes + 1 if max_bytes else 0)
    except zlib.error as error:
        raise ReadingFailed(INVALID_PAYLOAD, "the message cannot be inflated") from error
    if 0 < max_bytes < len(inflated):
        raise ReadingFailed(TOO_BIG, f"Messages may have up to {max_bytes} bytes.")
    return inflated


def _read_control(frame: _Frame) -> Received:
    if frame.opcode != CLOSE:
        return Received(frame.opcode, frame.payload)
    if not frame.payload:
        return Received(CLOSE, None)
    _require(len(frame.payload) > 1, "a close code has two bytes")
    try:
        code = check_close_code(int.from_bytes(frame.payload[:2], "big"))
    except ValueError as error:
        raise ReadingFailed(PROTOCOL_ERROR, str(error)) from error
    _decode(frame.payload[2:])
    return Received(CLOSE, code)


def _decode(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ReadingFailed(INVALID_PAYLOAD, "a text is not UTF-8") from error
