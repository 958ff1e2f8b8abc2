"""The swarm's process: many WebSocket clients that report when which message arrived.

    python -m tests.chaos.swarm_client < wishes

A process of its own, so that nothing but the clients themselves can make them late.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import datetime
from typing import Any

import msgspec
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from tests.chaos.records import Arrival, Closed, Record, Wish

CONNECTING_AT_ONCE = 50
HEARTBEAT_SECONDS = 0.01


class Heart:
    """Beats on the event loop, and so knows since when the loop may have been busy."""

    def __init__(self) -> None:
        self._due_at = 0.0
        self.beat()

    def beat(self) -> None:
        self._due_at = time.monotonic() + HEARTBEAT_SECONDS
        asyncio.get_running_loop().call_later(HEARTBEAT_SECONDS, self.beat)

    def earliest(self, now: float) -> float:
        """When something read now may have come: since the beat that is overdue, or just now."""
        return min(now, self._due_at)


class Client(asyncio.Protocol):
    """One WebSocket client. It answers pings and never closes."""

    def __init__(self, number: int, wish: Wish, heart: Heart) -> None:
        self._number = number
        self._wish = wish
        self._heart = heart
        self._websocket = ClientProtocol(parse_uri(wish.url), max_size=None)
        self._reason = "the connection was lost"
        self.opened = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._websocket.send_request(self._websocket.connect())
        self._write()

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._websocket.receive_data(data)
        for event in self._websocket.events_received():
            if isinstance(event, Response):
                self._open(event)
            elif isinstance(event, Frame):
                self._take(event, now)
        self._write()

    def connection_lost(self, error: Exception | None) -> None:
        report(Closed(self._number, time.monotonic(), self._reason))
        if not self.opened.done():
            self.opened.set_result(False)

    def _open(self, response: Response) -> None:
        if response.status_code != 101:
            self._reason = f"refused with {response.status_code}"
            self._transport.close()
            return
        if self._wish.text:
            self._websocket.send_text(self._wish.text.encode())
        self.opened.set_result(True)

    def _take(self, frame: Frame, now: float) -> None:
        if frame.opcode is Opcode.TEXT:
            stamp = find_stamp(self._wish.url, bytes(frame.data))
            report(Arrival(self._number, now, self._heart.earliest(now), stamp))
        elif frame.opcode is Opcode.CLOSE:
            self._reason = f"closed by the server: {bytes(frame.data)!r}"

    def _write(self) -> None:
        for data in self._websocket.data_to_send():
            if data:
                self._transport.write(data)


class _Quote(msgspec.Struct):
    price: str | None = None


class _Profile(msgspec.Struct):
    quote: _Quote | None


class _Index(msgspec.Struct):
    value: float | None


class _Market(msgspec.Struct):
    indices: list[_Index]


class _Hours(msgspec.Struct):
    timestamp: datetime


def find_stamp(url: str, payload: bytes) -> float | None:
    """When the payload's data was made; the upstream gives the time in milliseconds as price."""
    if url.endswith("/hours"):
        return msgspec.json.decode(payload, type=_Hours).timestamp.timestamp()
    return max((float(price) / 1000 for price in _find_prices(url, payload)), default=None)


def _find_prices(url: str, payload: bytes) -> list[str | float]:
    if url.endswith("/market"):
        indices = msgspec.json.decode(payload, type=_Market).indices
        return [index.value for index in indices if index.value]
    if url.endswith("/quotes"):
        quotes = msgspec.json.decode(payload, type=list[_Quote])
    else:
        quote = msgspec.json.decode(payload, type=_Profile).quote
        quotes = [quote] if quote else []
    return [quote.price for quote in quotes if quote.price]


def report(record: Record) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(record) + b"\n")
    sys.stdout.buffer.flush()


async def connect(number: int, wish: Wish, heart: Heart, doors: asyncio.Semaphore) -> None:
    uri = parse_uri(wish.url)
    async with doors:
        try:
            _, client = await asyncio.get_running_loop().create_connection(
                lambda: Client(number, wish, heart), uri.host, uri.port
            )
        except OSError as error:
            report(Closed(number, time.monotonic(), str(error)))
        else:
            await client.opened


async def main() -> None:
    wishes = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Wish])
    heart = Heart()
    doors = asyncio.Semaphore(CONNECTING_AT_ONCE)
    await asyncio.gather(*(connect(n, wish, heart, doors) for n, wish in enumerate(wishes)))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
