"""`manage.py serve` as a process: how it starts, refuses to start, and ends."""

import asyncio
import signal
import socket
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.streams.server.processes import AppServer


async def close_code(client: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed) as caught:
        await asyncio.wait_for(client.recv(), 10)
    return caught.value.rcvd.code if caught.value.rcvd else None


def test_a_port_in_use_is_one_sentence_and_exit_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with AppServer("--port", str(port)) as server:
            assert server.wait() == 1
    assert server.output == (
        f"CommandError: Cannot listen on 127.0.0.1:{port}: address already in use."
    )


def test_failing_system_checks_refuse_the_start_without_a_traceback() -> None:
    with AppServer(WRONG_SETTING="1") as server:
        assert server.wait() == 1
    assert "SystemCheckError" in server.output
    assert "Traceback" not in server.output
    assert "Listening" not in server.output


def test_an_application_that_does_not_exist_is_named() -> None:
    with AppServer("tests.streams.server.app:nothing") as server:
        assert server.wait() == 1
    assert "'tests.streams.server.app:nothing' cannot be loaded" in server.output
    assert "Traceback" not in server.output


async def test_it_listens_on_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with AppServer("--unix-socket", str(path)) as server:
        await server.seen("Listening on unix:")
        async with unix_connect(str(path), "ws://localhost/echo") as client:
            await client.send("hello")
            assert await client.recv() == "hello"
        assert server.stop() == 0


def test_one_line_is_printed_and_nothing_else() -> None:
    with AppServer() as server:
        address = server.address
        assert server.stop(signal.SIGINT) == 0
    assert server.output == f"Listening on http://{address}"


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_closes_all_sockets_with_1012_and_runs_disconnect(
    signum: signal.Signals,
) -> None:
    with AppServer() as server:
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(connect(server.url("echo"))) for _ in range(20)
            ]
            server.send(signum)
            codes = await asyncio.gather(*map(close_code, clients))
        assert server.wait() == 0
    assert codes == [1012] * 20
    assert server.output.count("disconnected 1012") == 20
    assert "Traceback" not in server.output


async def test_a_client_in_the_handshake_gets_a_503_when_the_server_ends() -> None:
    with AppServer() as server:
        connecting = asyncio.ensure_future(connect(server.url("hesitate")).__aenter__())
        await server.seen("hesitating")
        server.send(signal.SIGTERM)
        with pytest.raises(InvalidStatus) as caught:
            await connecting
        assert caught.value.response.status_code == 503
        assert caught.value.response.headers["Retry-After"] == "1"
        assert server.wait() == 0


async def test_hanging_threads_and_applications_do_not_hold_the_end() -> None:
    with AppServer() as server:
        async with connect(server.url("block")) as blocked, connect(server.url("cling")) as clung:
            assert await blocked.recv() == "hanging"
            began = time.monotonic()
            server.send(signal.SIGINT)
            assert [await close_code(blocked), await close_code(clung)] == [1012, 1012]
            assert await asyncio.to_thread(server.wait) == 0
            assert time.monotonic() - began < 2
    assert "cancelled" in server.output


async def test_a_second_signal_ends_at_once() -> None:
    with AppServer() as server:
        async with connect(server.url("cling")) as clung:
            server.send(signal.SIGTERM)
            assert await close_code(clung) == 1012
            server.send(signal.SIGTERM)
            assert await asyncio.to_thread(server.wait) == 0
