"""Several processes on one port."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.streams.server.processes import AppServer

COUNT = 2


async def worker_of(client: ClientConnection) -> int:
    return int(await asyncio.wait_for(client.recv(), 30))


async def test_workers_share_the_port_are_restarted_and_drained_together() -> None:
    with AppServer("--workers", str(COUNT), DRAIN_SECONDS="1") as server:
        async with AsyncExitStack() as stack:
            workers: dict[int, ClientConnection] = {}
            while len(workers) < COUNT:
                client = await stack.enter_async_context(connect(server.url("pid")))
                workers.setdefault(await worker_of(client), client)
            (dead, lost), (alive, kept) = workers.items()
            os.kill(dead, signal.SIGKILL)
            with pytest.raises(ConnectionClosed):
                await lost.recv()
            await server.seen(r"Worker \d ended with code -9; restarted in 1 s")
            seen = {alive}
            while len(seen) < COUNT:
                client = await stack.enter_async_context(connect(server.url("pid")))
                seen.add(await worker_of(client))
            server.send(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                await kept.recv()
            assert closed.value.rcvd
            assert closed.value.rcvd.code == 1012
        assert await asyncio.to_thread(server.wait) == 0
    assert server.output.count("Listening on") == 1


async def test_workers_end_with_the_process_that_started_them() -> None:
    # What a platform says of its machines is as good as --workers.
    with AppServer(WEB_CONCURRENCY="2") as server:
        await server.seen("2 processes without REDIS_URL")
        async with connect(server.url("pid")) as client:
            await worker_of(client)
            server.send(signal.SIGKILL)
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(client.recv(), 30)
            assert closed.value.rcvd
            assert closed.value.rcvd.code == 1012
