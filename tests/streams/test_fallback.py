"""The outbox under servers that know nothing of it: plain Daphne and uvicorn."""

from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect

from tests.processes import Process
from tests.streams.server.raw import masked_frame, upgraded

SERVERS = {
    "daphne": ("daphne", "-p", "0", "tests.streams.fallback_app:application"),
    "uvicorn": (
        "uvicorn",
        "--port",
        "0",
        "--ws",
        "websockets-sansio",
        "tests.streams.fallback_app:application",
    ),
}


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Process]:
    with Process("-W", "ignore", "-m", *SERVERS[request.param]) as process:
        yield process


@pytest.fixture(scope="module")
def port(server: Process) -> int:
    listening = r"Listening on TCP address 127.0.0.1:(\d+)|running on http://127.0.0.1:(\d+)"
    return int(next(filter(None, server.wait_for(listening).groups())))


async def test_offers_arrive_and_keep_their_place(port: int) -> None:
    async with connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send("offer a 1000")
        assert await client.recv() == "a" * 1000
        await client.send("both b 5")
        assert [await client.recv(), await client.recv()] == ["b" * 5, "after b"]


async def test_a_client_that_stops_reading_is_let_go(server: Process, port: int) -> None:
    if "daphne" in server.args:
        pytest.skip("its send never waits, so nobody can tell that a client does not read")
    async with upgraded(port, receive_bytes=4096) as (_, writer):
        writer.write(masked_frame(0x81, b"offer a 9000000"))
        await server.seen("offered a")
        writer.write(masked_frame(0x81, b"offer b 1"))
        await server.seen("ended")
