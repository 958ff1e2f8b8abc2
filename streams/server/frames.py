"""What goes over the wire after the handshake: WebSocket frames of a server (RFC 6455, 5.2)."""

import struct

TEXT, BINARY, CLOSE = 1, 2, 8

_FINAL = 0x80


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
