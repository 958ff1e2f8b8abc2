"""From the bytes of a client to its messages (RFC 6455, 5 and 7692); pure, no I/O.

Errors: `ReadingFailed` (the client's fault; carries the code to close with).
"""

import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from streams.server.allowance import Allowance
from streams.server.closing import OVER_LIMIT, check_close_code
from streams.server.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from streams.server.inflating import Inflater

PROTOCOL_ERROR, INVALID_PAYLOAD, TOO_BIG = 1002, 1007, 1009

# Of a message: so many, or as many as it can have when each has so many bytes.
MAX_FRAGMENTS, FRAGMENT_BYTES = 1024, 64

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
        "_frames",
        "_inflater",
        "_max_bytes",
        "_max_fragments",
        "_max_frame_bytes",
        "_size",
    )

    def __init__(
        self, max_bytes: int, max_frame_bytes: int, frames: Allowance, inflater: Inflater | None
    ) -> None:
        """Who agreed on no compression has no `inflater`; `frames` of all kinds count."""
        self._max_bytes = max_bytes
        self._max_frame_bytes = max_frame_bytes
        self._max_fragments = max(MAX_FRAGMENTS, max_bytes // FRAGMENT_BYTES)
        self._frames = frames
        self._inflater = inflater
        self._buffer = bytearray()
        self._fragments: list[_Frame] = []
        self._size = 0

    def receive(self, data: bytes, now: float) -> Iterator[Received]:
        """Raises ReadingFailed, after everything that was complete before it."""
        self._buffer += data
        while frame := self._take_frame():
            if not self._frames.take(now):
                raise ReadingFailed(OVER_LIMIT, "Too many frames.")
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
        first = buffer[0]
        self._check_head(first, buffer[1])
        size, start = _read_size(buffer)
        if size is None:
            return None
        self._check_size(first & 0x0F, size)
        mask_end, end = start + 4, start + 4 + size
        if len(buffer) < end:
            return None
        frame = _Frame(first, _unmask(buffer[mask_end:end], buffer[start:mask_end]))
        del buffer[:end]  # takes no longer when much is left behind it
        return frame

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
        return not first & _COMPRESSED or (self._inflater is not None and not self._fragments)

    def _check_size(self, opcode: int, size: int) -> None:
        if opcode in _CONTROL:
            return
        if 0 < self._max_frame_bytes < size or 0 < self._max_bytes < self._size + size:
            raise self._too_big()
        if len(self._fragments) >= self._max_fragments:
            limit = self._max_fragments
            raise ReadingFailed(TOO_BIG, f"Messages may have up to {limit} fragments.")

    def _take_message(self) -> Received:
        fragments, self._fragments, self._size = self._fragments, [], 0
        content = b"".join(frame.payload for frame in fragments)
        if fragments[0].first_byte & _COMPRESSED and self._inflater:
            content = self._inflate(self._inflater, content)
        if fragments[0].opcode == BINARY:
            return Received(BINARY, content)
        return Received(TEXT, _decode(content))

    def _inflate(self, inflater: Inflater, content: bytes) -> bytes:
        try:
            inflated = inflater.inflate(content, self._max_bytes)
        except zlib.error as error:
            raise ReadingFailed(INVALID_PAYLOAD, "the message cannot be inflated") from error
        if 0 < self._max_bytes < len(inflated):
            raise self._too_big()
        return inflated

    def _too_big(self) -> ReadingFailed:
        return ReadingFailed(TOO_BIG, f"Messages may have up to {self._max_bytes} bytes.")


def _require(condition: object, reason: str) -> None:
    if not condition:
        raise ReadingFailed(PROTOCOL_ERROR, reason)


def _read_size(buffer: bytearray) -> tuple[int | None, int]:
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


def _unmask(payload: bytearray, mask: bytearray) -> bytes:
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    mixed = int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")
    return mixed.to_bytes(size, "little")


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
