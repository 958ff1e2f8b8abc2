"""`make stack`: the README's promise, watched by killing the parts by hand."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.processes import Process
from tools.stack import find_free_port


async def test_parts_that_die_come_back_and_clients_keep_their_data(tmp_path: Path) -> None:
    port = find_free_port()
    settings = {
        "PORT": str(port),
        "REFRESH_SECONDS": "0.5",
        "DRAIN_SECONDS": "0.5",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
    }
    with Process("-m", "tools.stack", **settings) as stack:
        await stack.seen(rf"web\.1 .*Listening on http://127\.0\.0\.1:{port}$")
        async with connect(f"ws://127.0.0.1:{port}/hours") as socket:
            await stack.seen("refreshed by the Celery worker")
            killed = {name: find_process(stack, name) for name in ("redis", "worker", "beat")}
            for process in killed.values():
                os.kill(process, signal.SIGKILL)
            async with asyncio.timeout(30):
                while any(find_process(stack, name) == killed[name] for name in killed):
                    assert "status" in json.loads(await asyncio.wait_for(socket.recv(), 30))
            stack.send(signal.SIGINT)
            assert await closed(socket) == 1012
        assert await asyncio.to_thread(stack.wait) == 0


def find_process(stack: Process, name: str) -> int:
    """The number of the part's newest process."""
    lines = [line for line in stack.output.splitlines() if line.startswith(name)]
    return int([line for line in lines if "started as process" in line][-1].split()[-1])


async def closed(socket: object) -> int | None:
    try:
        async with asyncio.timeout(30):
            while True:
                await socket.recv()  # type: ignore[attr-defined]
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else None
