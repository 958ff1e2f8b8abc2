"""A client that says exactly the bytes it is told to."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

HANDSHAKE = (
    b"GET /%s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n"
)

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(port: int, *, receive_bytes: int = 0) -> AsyncIterator[Connection]:
    """`receive_bytes` makes for a client that takes little in before it reads."""
    connecting = socket.socket()
    try:
        connecting.setblocking(False)
        if receive_bytes:
            connecting.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        await asyncio.get_running_loop().sock_connect(connecting, ("127.0.0.1", port))
    except OSError:
        connecting.close()
        raise
    limit = receive_bytes or 2**16
    reader, writer = await asyncio.open_connection(sock=connecting, limit=limit)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def upgraded(
    port: int, path: bytes = b"echo", headers: bytes = b"", *, receive_bytes: int = 0
) -> AsyncIterator[Connection]:
    async with connected(port, receive_bytes=receive_bytes) as (reader, writer):
        writer.write(HANDSHAKE % (path, headers))
        head = await within(reader.readuntil(b"\r\n\r\n"))
        assert head.startswith(b"HTTP/1.1 101 ")
        yield reader, writer


async def ask(port: int, request: bytes) -> bytes:
    """Everything the server says until it closes."""
    async with connected(port) as (reader, writer):
        writer.write(request)
        return await within(reader.read())


async def within(awaitable: Coroutine[Any, Any, bytes]) -> bytes:
    return await asyncio.wait_for(awaitable, 30)


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The first byte and the payload of the server's next frame."""
    first_byte, size = await within(reader.readexactly(2))
    if size > 125:
        size = int.from_bytes(await within(reader.readexactly(2 if size == 126 else 8)), "big")
    return first_byte, await within(reader.readexactly(size))


def masked_frame(first_byte: int, payload: bytes, *, length: int | None = None) -> bytes:
    """A client's frame; `length` lies about the payload's."""
    size = len(payload) if length is None else length
    mask = os.urandom(4)
    body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    if size < 126:
        return bytes([first_byte, 0x80 | size]) + mask + body
    if size < 65536:
        return bytes([first_byte, 0x80 | 126]) + size.to_bytes(2, "big") + mask + body
    return bytes([first_byte, 0x80 | 127]) + size.to_bytes(8, "big") + mask + body
