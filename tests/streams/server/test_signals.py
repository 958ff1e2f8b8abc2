"""Whoever is told to end, however often: clients are told to come back, over time."""

import asyncio
import os
import pty
import signal
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from signal import SIGHUP, SIGINT, SIGTERM

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.streams.server.processes import AppServer

CLIENTS = 40


@pytest.fixture
def terminal() -> Iterator[int]:
    master, slave = pty.openpty()
    yield slave
    os.close(slave)
    os.close(master)


async def departure(client: ClientConnection) -> tuple[int | None, float]:
    with pytest.raises(ConnectionClosed) as closed:
        await asyncio.wait_for(client.recv(), 30)
    return closed.value.rcvd.code if closed.value.rcvd else None, time.monotonic()


async def connect_all(stack: AsyncExitStack, server: AppServer) -> dict[ClientConnection, int]:
    """The clients, and the process that each is connected to."""
    clients = [await stack.enter_async_context(connect(server.url("pid"))) for _ in range(CLIENTS)]
    return {client: int(await client.recv()) for client in clients}


@pytest.mark.parametrize(
    ("supervisor_first", "numbers"),
    [(True, (SIGTERM, SIGTERM, SIGINT)), (False, (SIGINT, SIGTERM, SIGHUP))],
)
async def test_a_supervisor_and_its_workers_may_be_signalled_in_any_order(
    supervisor_first: bool, numbers: tuple[signal.Signals, ...]
) -> None:
    with AppServer("--workers", "2", DRAIN_SECONDS="3") as server:
        async with AsyncExitStack() as stack:
            clients = await connect_all(stack, server)
            workers = sorted(set(clients.values()))
            order = [server.popen.pid, *workers] if supervisor_first else [*workers]
            departures = asyncio.gather(*map(departure, clients))
            began_at = time.monotonic()
            for number in numbers:
                for pid in order:
                    os.kill(pid, number)
            server.send(SIGTERM)
            closes = await departures
        assert await asyncio.to_thread(server.wait) == 0
    assert {code for code, _ in closes} == {1012}
    assert max(at for _, at in closes) - began_at > 1.5, "spread over the whole time"
    assert "ended with code" not in server.output


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_person_who_presses_ctrl_c_again_ends_it_at_once(
    terminal: int, workers: str
) -> None:
    with AppServer("--workers", workers, stdin=terminal, DRAIN_SECONDS="20") as server:
        async with AsyncExitStack() as stack:
            clients = await connect_all(stack, server)
            departures = asyncio.gather(*map(departure, clients))
            server.send(SIGINT)
            server.send(SIGINT)  # the same press: from the terminal and from a supervisor
            await server.seen("Ctrl-C again ends at once")
            server.send(SIGTERM)
            await asyncio.sleep(1)  # what is tested is that time passes
            assert not departures.done()
            pressed_at = time.monotonic()
            server.send(SIGINT)
            closes = await departures
        assert await asyncio.to_thread(server.wait) == 0
        assert time.monotonic() - pressed_at < 10
    assert {code for code, _ in closes} == {1012}
    assert "Traceback" not in server.output
