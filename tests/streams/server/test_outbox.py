"""Payloads on their way to clients that read slowly, or not at all; every byte is looked at."""

import asyncio
import select
import socket
from collections.abc import AsyncIterator, Iterator

import pytest
from websockets.asyncio.client import connect

from tests.streams.server.processes import AppServer
from tests.streams.server.raw import Connection, masked_frame, read_frame, upgraded, within

LARGE = 200_000
SOCKET_BYTES = 4096
TEXT, CLOSE, PONG = 0x81, 0x88, 0x8A


@pytest.fixture(scope="module")
def tight_server() -> Iterator[AppServer]:
    """The kernel takes next to nothing of what it sends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        number = listening.fileno()
        with AppServer(
            "--fd", str(number), pass_fds=[number], SLOW_CLIENT_SECONDS="1", CLOSE_SECONDS="2"
        ) as server:
            assert server.port == listening.getsockname()[1]
            yield server
            assert server.stop() == 0
    assert "Traceback" not in server.output


@pytest.fixture
async def client(tight_server: AppServer) -> AsyncIterator[Connection]:
    """A client that reads only what a test reads."""
    async with upgraded(tight_server.port, b"obey", receive_bytes=SOCKET_BYTES) as connection:
        yield connection


async def tell(server: AppServer, client: Connection, *commands: str) -> None:
    """Returns when the application has done all of it."""
    for command in commands:
        client[1].write(masked_frame(TEXT, command.encode()))
        await server.seen("did " + command.rpartition(" ")[0])


def text(letter: str, count: int = LARGE) -> tuple[int, bytes]:
    return TEXT, letter.encode() * count


async def test_a_slow_client_gets_whole_frames_and_of_the_waiting_the_newest(
    tight_server: AppServer, client: Connection
) -> None:
    await tell(tight_server, client, *(f"offer {letter} {LARGE}" for letter in "abcde"))
    assert await read_frame(client[0]) == text("a")
    assert await read_frame(client[0]) == text("e")
    await tell(tight_server, client, "offer f 10")
    assert await read_frame(client[0]) == text("f", 10)


async def test_a_client_that_keeps_up_gets_everything(
    tight_server: AppServer, client: Connection
) -> None:
    for letter in "abc":
        await tell(tight_server, client, f"offer {letter} {LARGE}")
        assert await read_frame(client[0]) == text(letter)


async def test_ordinary_sends_keep_their_place_among_the_offers(
    tight_server: AppServer, client: Connection
) -> None:
    await tell(tight_server, client, f"offer a {LARGE}", "offer b 9", "offer c 8", "send d 7")
    await tell(tight_server, client, "offer e 6", "offer f 5", "send g 4")
    received = [await read_frame(client[0]) for _ in range(5)]
    assert received == [text("a"), text("c", 8), text("d", 7), text("f", 5), text("g", 4)]


async def test_control_frames_wait_for_the_end_of_a_frame(
    tight_server: AppServer, client: Connection
) -> None:
    await tell(tight_server, client, f"offer a {LARGE}", "offer b 9")
    client[1].write(masked_frame(0x88, (1000).to_bytes(2, "big")))
    await tight_server.seen("disconnected 1000")
    assert await read_frame(client[0]) == text("a")
    assert await read_frame(client[0]) == (CLOSE, (1000).to_bytes(2, "big"))
    assert await within(client[0].read()) == b""


async def test_a_close_during_a_partial_write_comes_after_the_whole_frame(
    tight_server: AppServer, client: Connection
) -> None:
    await tell(tight_server, client, f"offer a {LARGE}", "offer b 9", "close x 1")
    assert await read_frame(client[0]) == text("a")
    assert await read_frame(client[0]) == (CLOSE, (1000).to_bytes(2, "big"))


async def test_a_client_that_stops_reading_is_closed_with_4413_and_others_are_not_held_up(
    tight_server: AppServer, client: Connection
) -> None:
    await tell(tight_server, client, f"offer a {LARGE}", "offer b 9")
    async with connect(tight_server.url("obey")) as other:
        for _ in range(10):
            await other.send("offer c 1000")
            assert await asyncio.wait_for(other.recv(), 5) == "c" * 1000
        await tight_server.seen("disconnected 4413")
        await other.send("offer d 1")
        assert await other.recv() == "d"
    assert await read_frame(client[0]) == text("a")
    opcode, reason = await read_frame(client[0])
    assert (opcode, int.from_bytes(reason[:2], "big")) == (CLOSE, 4413)


async def test_a_stalled_client_that_stays_stalled_is_dropped(
    tight_server: AppServer, client: Connection
) -> None:
    await tell(tight_server, client, f"offer a {LARGE}")
    await tight_server.seen("disconnected 4413")
    reset = select.poll()
    reset.register(client[1].get_extra_info("socket"), select.POLLERR)
    assert await asyncio.to_thread(reset.poll, 10_000)


async def test_offers_after_the_end_go_nowhere(tight_server: AppServer) -> None:
    async with connect(tight_server.url("obey")) as other:
        await other.send("close x 1")
        await other.send("offer y 1")
        await other.wait_closed()
        assert other.close_code == 1000
    await tight_server.seen("did close x")
