"""The limits at the door and behind it, each over a real socket."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from streams.server.inbox import Inbox
from tests.streams.server.processes import AppServer
from tests.streams.server.raw import (
    HANDSHAKE,
    ask,
    connected,
    masked_frame,
    read_frame,
    upgraded,
    within,
)

PING, PONG, CLOSE = 0x89, 0x8A, 0x88


async def test_a_connection_too_many_gets_a_503_and_the_others_stay(
    strict_server: AppServer,
) -> None:
    port = strict_server.port
    async with connect(strict_server.url("echo")) as first, connected(port), upgraded(port):
        with pytest.raises(InvalidStatus) as refused:
            await connect(strict_server.url("echo")).__aenter__()
        response = refused.value.response
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "5"
        assert json.loads(response.body or b"")["error"]["code"] == "full"
        await first.send("still here")
        assert await first.recv() == "still here"
    await strict_server.seen("disconnected")
    await strict_server.seen("disconnected")
    async with connect(strict_server.url("echo")):
        pass


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 101\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n65\r\n" + b"x" * 101 + b"\r\n",
    ],
    ids=["announced", "chunked"],
)
async def test_a_body_over_the_limit_is_refused(strict_server: AppServer, body: bytes) -> None:
    request = b"POST / HTTP/1.1\r\nHost: h\r\n" + body
    assert (await ask(strict_server.port, request)).startswith(b"HTTP/1.1 413 ")


async def test_a_body_at_the_limit_is_served(strict_server: AppServer) -> None:
    request = b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 100\r\n\r\n"
    assert (await ask(strict_server.port, request + b"x" * 100)).startswith(b"HTTP/1.1 200 ")


async def test_a_request_that_takes_too_long_and_an_idle_connection_are_cut_off(
    strict_server: AppServer,
) -> None:
    slow = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx"
    idle = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    answers = await asyncio.gather(*(ask(strict_server.port, sent) for sent in (slow, idle)))
    assert answers[0] == b"" or answers[0].startswith(b"HTTP/1.1 408 ")
    assert answers[1].startswith(b"HTTP/1.1 200 ")


async def test_twenty_messages_in_a_second_pass_and_more_close_with_4429(
    server: AppServer,
) -> None:
    async with connect(server.url("echo")) as socket:
        for _ in range(20):
            await socket.send("hello")
        assert [await socket.recv() for _ in range(20)] == ["hello"] * 20
    await server.seen("disconnected 1000")
    async with upgraded(server.port) as (reader, writer):
        # In one go: on a busy machine thirty sends may take longer than a second.
        writer.write(masked_frame(0x81, b"hello") * 30)
        first_byte, payload = await read_frame(reader)
        while first_byte != CLOSE:
            first_byte, payload = await read_frame(reader)
    assert int.from_bytes(payload[:2], "big") == 4429
    await server.seen("disconnected 4429")


async def test_a_flood_of_pings_closes_with_4429(server: AppServer) -> None:
    async with upgraded(server.port) as (reader, writer):
        writer.write(masked_frame(PING, b"") * 100)
        first_byte, payload = await read_frame(reader)
        while first_byte != CLOSE:
            first_byte, payload = await read_frame(reader)
    assert int.from_bytes(payload[:2], "big") == 4429
    await server.seen("disconnected 4429")


@pytest.mark.parametrize("kind", ["fragments", "frames of all kinds"])
async def test_more_than_two_hundred_frames_in_a_second_close_with_4429(
    server: AppServer, kind: str
) -> None:
    between = masked_frame(PONG, b"") if kind != "fragments" else b""
    message = masked_frame(0x01, b"") + (masked_frame(0x00, b"x") + between) * 20
    async with upgraded(server.port) as (reader, writer):
        writer.write((message + masked_frame(0x80, b"y")) * 10)
        first_byte, payload = await read_frame(reader)
        while first_byte != CLOSE:
            assert payload == b"x" * 20 + b"y"
            first_byte, payload = await read_frame(reader)
    assert int.from_bytes(payload[:2], "big") == 4429
    await server.seen("disconnected 4429")


async def test_a_message_in_many_fragments_is_welcome(server: AppServer) -> None:
    async with upgraded(server.port) as (reader, writer):
        writer.write(masked_frame(0x01, b"") + masked_frame(0x00, b"x") * 100)
        writer.write(masked_frame(0x80, b"y"))
        assert (await read_frame(reader))[1] == b"x" * 100 + b"y"


async def test_what_an_application_was_too_busy_for_arrives_in_order(
    strict_server: AppServer,
) -> None:
    async with upgraded(strict_server.port, b"nap") as (reader, writer):
        frames = [masked_frame(0x81, b"%04d" % number + b"x" * 4000) for number in range(1000)]
        writer.write(b"".join(frames) + masked_frame(0x81, b"wake"))
        assert (await read_frame(reader))[1] == b"1000"


async def test_a_quiet_client_is_pinged_and_dropped_when_it_does_not_answer(
    impatient_server: AppServer,
) -> None:
    alive = connect(impatient_server.url("echo"))
    async with upgraded(impatient_server.port) as (reader, _), alive as other:
        assert await read_frame(reader) == (PING, b"")
        with pytest.raises(ConnectionResetError):
            await within(reader.read())
        await impatient_server.seen("disconnected 1006")
        await other.send("hello")
        assert await other.recv() == "hello"


async def test_a_handshake_with_too_much_data_behind_it_is_refused(server: AppServer) -> None:
    request = HANDSHAKE % (b"hesitate", b"") + masked_frame(0x81, b"x" * 70000)
    assert (await ask(server.port, request)).startswith(b"HTTP/1.1 400 ")


async def test_a_full_inbox_asks_for_a_pause_until_it_is_half_empty() -> None:
    calls: list[str] = []
    inbox = Inbox(lambda: calls.append("pause"), lambda: calls.append("resume"))
    for number in range(40):
        inbox.put_nowait({"number": number})
    assert calls == ["pause"]
    assert [(await inbox.get())["number"] for _ in range(24)] == list(range(24))
    assert calls == ["pause", "resume"]


async def test_a_cancelled_receive_takes_no_message_away() -> None:
    inbox = Inbox(lambda: None, lambda: None)
    waiting = [asyncio.ensure_future(inbox.get()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    inbox.put_nowait({"number": 1})
    assert await waiting[1] == {"number": 1}


async def test_a_full_server_answers_who_asks_how_it_is_and_nothing_more(
    strict_server: AppServer,
) -> None:
    port = strict_server.port
    async with upgraded(port), upgraded(port), upgraded(port):
        page = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        assert (await ask(port, page)).startswith(b"HTTP/1.1 503 ")
        async with connected(port) as (reader, writer):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
            assert (await within(reader.readuntil(b"}"))).startswith(b"HTTP/1.1 200 ")
            writer.write(HANDSHAKE % (b"echo", b""))
            assert (await within(reader.read())).startswith(b"HTTP/1.1 503 ")
    for _ in range(3):
        await strict_server.seen("disconnected")
