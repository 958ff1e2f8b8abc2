"""A TLS server in front of a plain one, for tests of who looks at its certificate."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

from streams.background import BackgroundLoop
from tests.certificates import write_certificate


@contextlib.contextmanager
def tls_proxy(folder: Path, to_port: int) -> Iterator[tuple[int, Path]]:
    """Its port, and the file of its certificate, which is one for localhost."""
    key, certificate = write_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    background = BackgroundLoop("tls proxy")
    background.loop.set_exception_handler(lambda loop, context: None)  # refused handshakes

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", to_port)
        try:
            await asyncio.gather(_copy(reader, to_writer), _copy(to_reader, writer))
        finally:
            for end in (writer, to_writer):
                end.transport.abort()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)

    server = background.run(start(), 10)
    try:
        yield server.sockets[0].getsockname()[1], certificate
    finally:
        background.loop.call_soon_threadsafe(server.close)
        background.run(_cancel_others(), 10)
        background.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.01)  # what they closed is closed by the loop
