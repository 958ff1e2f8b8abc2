"""A TCP server in front of another: one that speaks TLS, or whose other end can be changed."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from pathlib import Path
from typing import Self

from streams.background import BackgroundLoop
from tests.certificates import write_certificate


class Forwarder:
    """Forwards to `to_port` of 127.0.0.1; open connections stay where they are when it changes."""

    def __init__(self, to_port: int, tls: ssl.SSLContext | None = None) -> None:
        self.to_port = to_port
        self.port = 0
        self._tls = tls

    def __enter__(self) -> Self:
        self._background = BackgroundLoop("forwarder")
        # Handshakes that a client refuses.
        self._background.loop.set_exception_handler(lambda loop, context: None)
        self._server = self._background.run(self._start(), 10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._background.loop.call_soon_threadsafe(self._server.close)
        self._background.run(_cancel_others(), 10)
        self._background.close()

    async def _start(self) -> asyncio.Server:
        return await asyncio.start_server(self._forward, "127.0.0.1", 0, ssl=self._tls)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.to_port)
            ends.append(to_writer)
            await asyncio.gather(_copy(reader, to_writer), _copy(to_reader, writer))
        except OSError:
            return  # nobody is there
        finally:
            for end in ends:
                end.transport.abort()


def tls_forwarder(folder: Path, to_port: int) -> tuple[Forwarder, Path]:
    """One that speaks TLS, and the file of its certificate, which is one for localhost."""
    key, certificate = write_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return Forwarder(to_port, context), certificate


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
