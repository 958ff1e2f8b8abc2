"""Inflating a client's messages (RFC 7692), each with what may have gone before it.

Between messages only the last bytes themselves are kept, at most a window of them, rather than
the 40 KB of zlib's state: a client that has sent little costs little.
"""

import zlib

from streams.server.frames import DEFLATE_TAIL

WINDOW_BYTES = 1 << zlib.MAX_WBITS


class Inflater:
    __slots__ = ("_context", "_keeps_context")

    def __init__(self, *, keeps_context: bool) -> None:
        self._keeps_context = keeps_context
        self._context = b""

    def inflate(self, content: bytes, max_bytes: int) -> bytes:
        """A longer message comes cut after `max_bytes` + 1; 0 is no limit. Raises zlib.error."""
        inflater = zlib.decompressobj(-zlib.MAX_WBITS, self._context)
        inflated = inflater.decompress(content + DEFLATE_TAIL, max_bytes + 1 if max_bytes else 0)
        if self._keeps_context:
            self._context = (self._context + inflated[-WINDOW_BYTES:])[-WINDOW_BYTES:]
        return inflated
