"""Hosts whose clocks differ by seconds serve whole data at an even pace."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from websockets.asyncio.client import connect

from tests.processes import Process
from tests.redis_server import RedisServer

SCRIPT = "tests/e2e/skewed.py"
MESSAGES = 5
# A takeover begins after 1.5 ticks, and a busy machine is late by itself.
LONGEST_TICKS = 4.0


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.kill()


async def test_clocks_that_differ_cost_neither_data_nor_pace(redis: RedisServer) -> None:
    shared = {"REDIS_URL": redis.url, "REFRESH_SECONDS": "1"}
    with ExitStack() as stack:
        worker = stack.enter_context(Process(SCRIPT, "worker", SKEW="-0.7", **shared))
        beat = Process("-m", "celery", "-A", "financequery", "beat", **shared)
        web = stack.enter_context(Process(SCRIPT, "web", SKEW="3", **shared))
        stack.enter_context(beat)
        worker.wait_for("ready", 60)
        address = web.wait_for(r"Listening on http://(\S+)", 60)[1]
        async with connect(f"ws://{address}/quotes", open_timeout=30) as socket:
            await socket.send("BTC-USD,SIM0001")
            at = []
            for _ in range(MESSAGES):
                quotes = json.loads(await asyncio.wait_for(socket.recv(), 30))
                assert [quote["price"] is not None for quote in quotes] == [True, True]
                at.append(time.monotonic())
    gaps = [later - before for before, later in zip(at, at[1:], strict=False)]
    assert max(gaps) < LONGEST_TICKS
