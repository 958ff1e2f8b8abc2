"""The Procfile's processes on a real Redis: a worker refreshes, and somebody does without it."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from typing import Protocol

import pytest
from websockets.asyncio.client import ClientConnection, connect

from streams.claims import CELERY, SOURCES, claim_key
from tests.processes import ROOT, Process, Server
from tests.redis_server import RedisServer
from tests.replicas import Pair

TICK = 1.0
WORKER, THIS_PROCESS = "the Celery worker", "this process, for the whole cluster"
COMMANDS = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.kill()


class HasUrl(Protocol):
    """A Redis, or what leads to one."""

    @property
    def url(self) -> str: ...


class Stack:
    """One web process, a worker and beat; all of them end with it."""

    def __init__(self, redis: HasUrl, settings: str = "financequery.settings") -> None:
        self.processes = ExitStack()
        self._environment = {
            "REDIS_URL": redis.url,
            "REFRESH_SECONDS": str(TICK),
            "DJANGO_SETTINGS_MODULE": settings,
        }
        self.web = self.processes.enter_context(Server(**self._environment))
        self.worker = self._start("worker")
        self.beat = self._start("beat")

    def _start(self, name: str) -> Process:
        command = COMMANDS[name].split()
        return self.processes.enter_context(Process("-m", *command, **self._environment))


@asynccontextmanager
async def client(stack: Stack) -> AsyncIterator[ClientConnection]:
    address = await asyncio.to_thread(lambda: stack.web.address)
    async with connect(f"ws://{address}/quotes") as socket:
        await socket.send("AAPL,MSFT")
        assert await next_symbols(socket) == ["AAPL", "MSFT"]
        yield socket


async def next_symbols(socket: ClientConnection) -> list[str]:
    quotes = json.loads(await asyncio.wait_for(socket.recv(), 30))
    return [quote["symbol"] for quote in quotes]


def sources(web: Process) -> list[str]:
    """Who refreshed, one after the other, as the web process said."""
    lines = [line.partition("Data is refreshed by ")[2] for line in web.output.splitlines()]
    return [source for source in lines if source]


async def receive_until_refreshed_by(source: str, socket: ClientConnection, web: Process) -> float:
    """The longest gap between messages meanwhile."""
    longest, last = 0.0, time.monotonic()
    while sources(web)[-1:] != [source]:
        assert await next_symbols(socket) == ["AAPL", "MSFT"]
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    return longest


async def test_a_worker_refreshes_and_when_it_is_killed_a_web_process_does(
    redis_server: RedisServer,
) -> None:
    stack = Stack(redis_server)
    with stack.processes:
        async with client(stack) as socket:
            await receive_until_refreshed_by(WORKER, socket, stack.web)
            began_at = time.monotonic()
            for _ in range(5):
                await next_symbols(socket)
            # Four ticks at least, less what the first was late; two refreshers would take half.
            assert time.monotonic() - began_at > 2.75 * TICK
            stack.worker.stop(signal.SIGKILL)
            gap = await receive_until_refreshed_by(THIS_PROCESS, socket, stack.web)
            assert gap < 2.5 * TICK + 5
    for process in (stack.web, stack.worker, stack.beat):
        assert "Traceback" not in process.output
    # Before the worker is up, the web process may have taken over already.
    assert sources(stack.web)[-2:] == [WORKER, THIS_PROCESS]


async def test_the_stock_layer_serves_data_through_worker_and_redis(
    redis_server: RedisServer,
) -> None:
    stack = Stack(redis_server, settings="tests.e2e.stock_layer")
    with stack.processes:
        async with client(stack) as socket:
            await receive_until_refreshed_by(WORKER, socket, stack.web)
            for _ in range(2):
                assert await next_symbols(socket) == ["AAPL", "MSFT"]
        async with client(stack) as socket:
            assert await next_symbols(socket) == ["AAPL", "MSFT"]
    assert "RedisPubSubChannelLayer" in stack.web.output
    for process in (stack.web, stack.worker, stack.beat):
        assert "Traceback" not in process.output, process.output


async def test_a_failover_costs_clients_nothing_and_ends_nobody() -> None:
    """The first Redis becomes a replica, its name leads to the second; connections stay open."""
    with Pair() as pair:
        stack = Stack(pair)
        with stack.processes:
            async with client(stack) as socket:
                await receive_until_refreshed_by(WORKER, socket, stack.web)
                await asyncio.to_thread(pair.demote)
                pair.rename()
                await until_second_refreshes(pair, socket)
            for part in (stack.worker, stack.beat):
                assert part.popen.poll() is None
                assert len(part.output.splitlines()) < 60, part.output
                assert part.output.count("Traceback") <= 1, part.output


async def until_second_refreshes(pair: Pair, socket: ClientConnection) -> None:
    """The worker claims its ticks there."""
    async with asyncio.timeout(60):
        while True:
            assert await next_symbols(socket) == ["AAPL", "MSFT"]
            rank = await asyncio.to_thread(
                pair.second.command, "HGET", claim_key("streams", 0), "rank"
            )
            if rank == str(SOURCES.index(CELERY)) and pair.second.command("ROLE")[0] == "master":
                return
