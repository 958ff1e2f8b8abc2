"""The Yahoo provider under a cluster: one crumb, one call a tick, one silence, through Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.e2e.test_yahoo import source_in_state
from tests.marketdata.yahoo.answers import serve_everything
from tests.marketdata.yahoo.server import FakeYahoo, Reply
from tests.processes import Server
from tests.redis_server import RedisServer

QUOTES = "/v7/finance/quote"


@pytest.fixture
def yahoo() -> Iterator[FakeYahoo]:
    with FakeYahoo() as yahoo:
        serve_everything(yahoo)
        yield yahoo


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.kill()


@pytest.fixture
def servers(yahoo: FakeYahoo, redis: RedisServer) -> Iterator[list[Server]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                Server(
                    MARKETDATA_PROVIDER="yahoo",
                    YAHOO_BASE_URL=yahoo.url,
                    REDIS_URL=redis.url,
                    REFRESH_SECONDS="1.2",
                )
            )
            for _ in range(2)
        ]


async def receive(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), 30))


async def until(socket: ClientConnection, *, has_data: bool) -> None:
    async with asyncio.timeout(30):
        while bool(await receive(socket)) != has_data:
            pass


async def test_processes_share_crumb_calls_and_silence(
    servers: list[Server], yahoo: FakeYahoo, redis: RedisServer
) -> None:
    async with (
        connect(servers[0].url("/profile/ACME")) as profile,
        connect(servers[0].url("/quotes")) as one,
        connect(servers[1].url("/quotes")) as other,
    ):
        await one.send("ACME")
        await other.send("ACME,WILE")
        for socket in (profile, one, other):
            await until(socket, has_data=True)
        assert (yahoo.count("/"), yahoo.count("/v1/test/getcrumb")) == (1, 1)
        assert len(redis.list_clients()) <= 4
        yahoo.calls.clear()
        for _ in range(3):
            await receive(other)
        assert yahoo.count(QUOTES) <= 5
        good = yahoo.routes[QUOTES]
        yahoo.routes[QUOTES] = Reply(429, headers={"Retry-After": "2"})
        await until(other, has_data=False)
        calls = len(yahoo.calls)
        sources = [await source_in_state(server, "paused") for server in servers]
        assert sources[0] == sources[1]
        await until(one, has_data=False)
        assert len(yahoo.calls) == calls
        yahoo.routes[QUOTES] = good
        for socket in (one, other):
            await until(socket, has_data=True)
        for server in servers:
            await source_in_state(server, "ok")
    assert not any("Traceback" in server.output for server in servers)
    said = [
        line for server in servers for line in server.output.splitlines() if "Quotes are" in line
    ]
    assert len(said) == 2, said
