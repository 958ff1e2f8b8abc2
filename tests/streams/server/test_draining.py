"""How the server ends when it is asked to: everybody is told to come back, none too late."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.streams.server.processes import AppServer
from tests.streams.server.raw import HANDSHAKE, connected, within


async def leaving(client: ClientConnection) -> tuple[int, float]:
    """With which code it was closed, and when."""
    with pytest.raises(ConnectionClosed) as caught:
        await asyncio.wait_for(client.recv(), 30)
    assert caught.value.rcvd
    return caught.value.rcvd.code, time.monotonic()


async def test_two_hundred_clients_are_sent_away_one_by_one() -> None:
    with AppServer(DRAIN_SECONDS="4") as server:
        async with AsyncExitStack() as stack:
            opening = [connect(server.url("echo")) for _ in range(200)]
            clients = [await stack.enter_async_context(client) for client in opening]
            began_at = time.monotonic()
            for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                server.send(number)
            departures = await asyncio.gather(*map(leaving, clients))
        assert await asyncio.to_thread(server.wait) == 0
        assert time.monotonic() - began_at < 4 + 10
    assert {code for code, _ in departures} == {1012}
    moments = sorted(at - began_at for _, at in departures)
    assert moments[150] - moments[50] > 0.9, "spread over the whole time: two seconds"
    assert server.output.count("disconnected 1012") == 200
    assert "Traceback" not in server.output


async def test_while_draining_new_requests_are_refused_and_those_who_stay_are_served() -> None:
    with AppServer(DRAIN_SECONDS="20") as server:
        async with connect(server.url("echo")) as client, connected(server.port) as (early, _):
            async with connected(server.port) as (reader, writer):
                writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                await within(reader.readuntil(b"}"))
                connecting = asyncio.ensure_future(connect(server.url("hesitate")).__aenter__())
                await server.seen("hesitating")
                server.send(signal.SIGTERM)
                with pytest.raises(InvalidStatus) as refused:
                    await connecting
                assert refused.value.response.status_code == 503
                assert refused.value.response.headers["Retry-After"] == "1"
                assert await within(early.read()) == b"", "it has asked nothing: no answer"
                writer.write(HANDSHAKE % (b"echo", b""))
                answer = await within(reader.read())
                assert answer.startswith(b"HTTP/1.1 503 ")
                assert b"Retry-After: 1" in answer
            with pytest.raises(ConnectionRefusedError):
                async with connected(server.port):
                    pass
            await client.send("still here")
            assert await client.recv() == "still here"
            await client.close()
            assert await asyncio.to_thread(server.wait) == 0


async def test_an_application_sees_that_the_server_drains_and_the_last_client_ends_it() -> None:
    with AppServer(DRAIN_SECONDS="20") as server:
        async with connect(server.url("ready")) as client:
            await client.send("?")
            assert await client.recv() == "False"
            server.send(signal.SIGTERM)
            answer = "False"
            while answer == "False":
                await client.send("?")
                answer = str(await client.recv())
            assert answer == "True"
        began_at = time.monotonic()
        assert await asyncio.to_thread(server.wait) == 0
        assert time.monotonic() - began_at < 10
