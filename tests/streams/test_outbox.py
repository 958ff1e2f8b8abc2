"""The outbox around a plain ASGI `send`."""

import asyncio
from types import SimpleNamespace
from typing import Any

from streams.counts import Sent
from streams.outbox import AsgiOutbox, outbox_of


class Client:
    """Takes messages while its gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.took: list[str | int] = []
        self.is_asked = asyncio.Event()
        self.took_one = asyncio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        self.is_asked.set()
        if message["type"] == "websocket.send":
            await self.gate.wait()
        self.took.append(message.get("text") or message["code"])
        self.took_one.set()

    async def has_taken(self, *expected: str | int) -> None:
        async with asyncio.timeout(30):
            while self.took != list(expected):
                self.took_one.clear()
                await self.took_one.wait()


async def test_of_what_waits_the_newest_is_sent() -> None:
    client = Client()
    outbox = AsgiOutbox(client.send, 5, Sent())
    outbox.offer("a")
    await client.is_asked.wait()
    for payload in "bcd":
        outbox.offer(payload)
    client.gate.set()
    await client.has_taken("a", "d")
    outbox.offer("e")
    await client.has_taken("a", "d", "e")


async def test_ordinary_sends_keep_their_place_among_the_offers() -> None:
    client = Client()
    outbox = AsgiOutbox(client.send, 5, Sent())
    outbox.offer("a")
    await client.is_asked.wait()
    outbox.offer("b")
    sending = asyncio.ensure_future(outbox.send({"type": "websocket.send", "text": "error"}))
    client.gate.set()
    await sending
    outbox.offer("c")
    await client.has_taken("a", "b", "error", "c")


async def test_a_client_that_takes_nothing_is_closed_with_4413() -> None:
    client = Client()
    outbox = AsgiOutbox(client.send, 0.05, Sent())
    outbox.offer("a")
    await client.has_taken(4413)
    outbox.offer("b")
    client.gate.set()
    await asyncio.sleep(0)
    assert client.took == [4413]


async def test_a_client_that_is_gone_ends_the_sending_quietly() -> None:
    sent = asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        sent.set()
        raise OSError("client disconnected")

    outbox = AsgiOutbox(send, 5, Sent())
    outbox.offer("a")
    await sent.wait()
    sent.clear()
    outbox.offer("b")
    await asyncio.sleep(0)
    assert not sent.is_set()


async def test_a_server_that_offers_an_outbox_is_taken_at_its_word() -> None:
    offered, sent = SimpleNamespace(sent=None), Sent()
    scope = {"extensions": {"streams.outbox": {"outbox": offered}}}
    send = Client().send
    assert outbox_of(scope, send, 5, sent) == (offered, send)
    assert offered.sent is sent
    assert isinstance(outbox_of({}, send, 5, sent)[0], AsgiOutbox)


async def test_it_counts_what_it_sends_and_what_it_does_not() -> None:
    client, sent = Client(), Sent()
    outbox = AsgiOutbox(client.send, 5, sent)
    outbox.offer("one")
    await client.is_asked.wait()
    outbox.offer("two")
    outbox.offer("three")
    client.gate.set()
    await client.has_taken("one", "three")
    assert (sent.messages, sent.bytes, sent.replaced) == (2, 8, 1)
