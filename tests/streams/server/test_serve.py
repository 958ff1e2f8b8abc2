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

from tests.streams.server.process import ServerProcess


async def close_code(client: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed) as caught:
        await asyncio.wait_for(client.recv(), 10)
    return caught.value.rcvd.code if caught.value.rcvd else None


def test_a_port_in_use_is_one_sentence_and_exit_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with ServerProcess("--port", str(port)) as server:
            assert server.wait() == 1
    assert server.text == (
        f"CommandError: Cannot listen on 127.0.0.1:{port}: address already in use.\n"
    )


def test_failing_system_checks_refuse_the_start_without_a_traceback() -> None:
    with ServerProcess(WRONG_SETTING="1") as server:
        assert server.wait() == 1
    assert "SystemCheckError" in server.text
    assert "Traceback" not in server.text
    assert "Listening" not in server.text


def test_an_application_that_does_not_exist_is_named() -> None:
    with ServerProcess("--port", "0", "tests.streams.server.app:nothing") as server:
        assert server.wait() == 1
    assert "'tests.streams.server.app:nothing' cannot be loaded" in server.text
    assert "Traceback" not in server.text


async def test_it_listens_on_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with ServerProcess("--unix-socket", str(path)) as server:
        await server.seen("Listening on unix:")
        async with unix_connect(str(path), "ws://localhost/echo") as client:
            await client.send("hello")
            assert await client.recv() == "hello"
        assert server.end() == 0


def test_one_line_is_printed_and_nothing_else() -> None:
    with ServerProcess() as server:
        server.wait_until_listening()
        assert server.end(signal.SIGINT) == 0
    assert server.text == f"Listening on http://127.0.0.1:{server.port}\n"


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_closes_all_sockets_with_1012_and_runs_disconnect(signum: int) -> None:
    with ServerProcess() as server:
        server.wait_until_listening()
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(connect(server.url("echo"))) for _ in range(20)
            ]
            server.popen.send_signal(signum)
            codes = await asyncio.gather(*map(close_code, clients))
        assert server.wait() == 0
    assert codes == [1012] * 20
    assert server.text.count("disconnected 1012") == 20
    assert "Traceback" not in server.text


async def test_a_client_in_the_handshake_gets_a_503_when_the_server_ends() -> None:
    with ServerProcess() as server:
        server.wait_until_listening()
        connecting = asyncio.ensure_future(connect(server.url("hesitate")).__aenter__())
        await server.seen("hesitating")
        server.popen.send_signal(signal.SIGTERM)
        with pytest.raises(InvalidStatus) as caught:
            await connecting
        assert caught.value.response.status_code == 503
        assert caught.value.response.headers["Retry-After"] == "1"
        assert server.wait() == 0


async def test_hanging_threads_and_applications_do_not_hold_the_end() -> None:
    with ServerProcess() as server:
        server.wait_until_listening()
        async with connect(server.url("block")) as blocked, connect(server.url("cling")) as clung:
            assert await blocked.recv() == "hanging"
            began = time.monotonic()
            server.popen.send_signal(signal.SIGINT)
            assert [await close_code(blocked), await close_code(clung)] == [1012, 1012]
            assert await asyncio.to_thread(server.wait) == 0
            assert time.monotonic() - began < 2
    assert "cancelled" in server.text


async def test_a_second_signal_ends_at_once() -> None:
    with ServerProcess() as server:
        server.wait_until_listening()
        async with connect(server.url("cling")) as clung:
            server.popen.send_signal(signal.SIGTERM)
            assert await close_code(clung) == 1012
            server.popen.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(server.wait) == 0
