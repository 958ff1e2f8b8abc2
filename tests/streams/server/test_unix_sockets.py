"""UNIX sockets: room for a crowd, and what processes leave that were killed."""

import asyncio
import os
import signal
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import unix_connect

from streams.server.addresses import describe_endpoint
from tests.streams.server.processes import AppServer

CROWD = 300


async def greets(path: Path) -> None:
    async with unix_connect(str(path), "ws://localhost/echo") as client:
        await client.send("hello")
        assert await client.recv() == "hello"


@pytest.mark.parametrize("option", ["--unix-socket", "--endpoint"])
async def test_a_crowd_that_comes_at_once_is_let_in(tmp_path: Path, option: str) -> None:
    path = tmp_path / "a:socket"
    escaped = str(path).replace(":", "\\:")
    where = str(path) if option == "--unix-socket" else f"unix:{escaped}:mode=600"
    with AppServer(option, where) as server, ExitStack() as stack:
        await server.seen(f"Listening on unix:{path}$")
        server.send(signal.SIGSTOP)
        try:
            for _ in range(CROWD):
                client = stack.enter_context(socket.socket(socket.AF_UNIX))
                client.setblocking(False)  # with no room it fails at once
                client.connect(str(path))
        finally:
            server.send(signal.SIGCONT)
        await greets(path)
        assert server.stop() == 0
    assert not path.exists()


async def test_what_a_killed_process_left_is_taken_over_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with AppServer("--unix-socket", str(path)) as killed:
        await killed.seen("Listening on unix:")
        with AppServer("--unix-socket", str(path)) as second:
            assert await asyncio.to_thread(second.wait) == 1
        assert second.output == (
            f"CommandError: Cannot listen on unix:{path}: address already in use."
        )
        await greets(path)
        killed.send(signal.SIGKILL)
        await asyncio.to_thread(killed.wait)
    assert path.exists()
    # As Twisted leaves it, whose owner's id has been given to somebody who lives.
    (tmp_path / "socket.lock").unlink()
    (tmp_path / "socket.lock").symlink_to(str(os.getpid()))
    with AppServer("--unix-socket", str(path)) as server:
        await server.seen(f"Listening on unix:{path}$")
        await greets(path)
        assert server.stop() == 0


async def test_a_file_that_is_no_socket_is_named_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    path.write_text("dear reader")
    with AppServer("--unix-socket", str(path)) as server:
        assert await asyncio.to_thread(server.wait) == 1
    assert server.output == (
        f"CommandError: Cannot listen on unix:{path}: there is a file that is no socket ({path})."
    )
    assert path.read_text() == "dear reader"


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("tcp:port=80:interface=\\:\\:1:backlog=2048", "[::1]:80"),
        ("unix:/a\\:b:backlog=2048", "unix:/a:b"),
        ("unix:address=/a", "unix:/a"),
        ("systemd:domain=INET:index=0", "systemd:domain=INET:index=0"),
    ],
)
def test_endpoints_are_told_in_words(description: str, words: str) -> None:
    assert describe_endpoint(description) == words
