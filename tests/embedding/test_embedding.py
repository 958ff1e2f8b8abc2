"""A team's own project with the apps installed from the wheel, as docs/embedding.md says."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from zipfile import ZipFile

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.docs.pages import python_of
from tests.processes import Process
from tests.redis_server import RedisServer

Start = Callable[..., Process]

# Worker and beat in one process, which is fine for one worker.
WORKER = ("-m", "celery", "-A", "team", "worker", "-B", "-P", "threads")


def test_the_wheel_has_what_the_apps_need_and_nothing_else(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "streams",
        "marketdata",
        "dashboard",
    }
    for needed in (
        "streams/py.typed",
        "marketdata/py.typed",
        "dashboard/py.typed",
        "streams/migrations/0001_initial.py",
        "streams/management/commands/serve.py",
        "marketdata/providers/simulated/data/stocks.csv",
    ):
        assert needed in names
    assert any(name.startswith("dashboard/templates/") for name in names)
    assert any(name.startswith("dashboard/static/") for name in names)
    assert not [name for name in names if "__pycache__" in name]


def test_wrong_settings_are_named_by_check(team: Start) -> None:
    with team("manage.py", "check", TEST_LAYER="wrong") as process:
        assert process.wait() == 1
    assert "(streams.E001) STREAMS['REFRESH_SECONDS'] must be a number." in process.output
    assert "(streams.E002) STREAMS['MAX_CONECTIONS'] is no setting." in process.output
    assert "Did you mean MAX_CONNECTIONS?" in process.output


def test_the_programs_of_the_page_are_right(team: Start) -> None:
    programs = python_of("embedding.md")
    for program in programs:
        compile(program, "docs/embedding.md", "exec")
    with team("-c", programs[-1], TEST_LAYER="memory") as process:
        assert process.wait() == 0, process.output
    assert float(process.output) > 0


async def test_with_no_settings_and_a_layer_in_memory(team: Start) -> None:
    environment = {"TEST_LAYER": "memory"}
    await done(team("manage.py", "migrate", "--no-input", **environment))
    with team("manage.py", "serve", "--port", "0", **environment) as server:
        address = await address_of(server)
        assert await asyncio.to_thread(get, f"http://{address}/") == b"The team's page."
        await says_and_hears(address)
        for path in ("ws/market/quotes", "quotes"):
            async with connect(f"ws://{address}/{path}") as socket:
                await receives_quotes(socket, times=1)
        async with connect(f"ws://{address}/ws/market/profile/AAPL/") as socket:
            assert json.loads(await socket.recv())["quote"]["symbol"] == "AAPL"
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://{address}/ws/market/nothing")
        assert refused.value.response.status_code == 404
    assert "Traceback" not in server.output


async def test_with_the_teams_own_redis_layer_and_worker(
    team: Start, redis_server: RedisServer, tmp_path: Path
) -> None:
    environment = {"TEST_LAYER": "redis", "TEST_REDIS_URL": redis_server.url}
    with ExitStack() as processes:
        server = processes.enter_context(team("manage.py", "serve", "--port", "0", **environment))
        worker = processes.enter_context(
            team(*WORKER, "--schedule", str(tmp_path / "beat"), **environment)
        )
        address = await address_of(server)
        await says_and_hears(address)
        async with connect(f"ws://{address}/ws/market/quotes") as socket:
            await receives_quotes(socket, times=2)
            await server.seen("Data is refreshed by the Celery worker")
            await receives_quotes(socket, times=2)
    for process in (server, worker):
        assert "Traceback" not in process.output


async def test_with_a_layer_for_the_streams_alone_and_security(
    team: Start, redis_server: RedisServer
) -> None:
    environment = {"TEST_LAYER": "two", "TEST_REDIS_URL": redis_server.url}
    with team("manage.py", "serve", "--port", "0", **environment) as server:
        address = await address_of(server)
        await says_and_hears(address)
        url = f"ws://{address}/ws/market/quotes"
        with pytest.raises(InvalidStatus) as refused:
            await connect(url)
        assert refused.value.response.status_code == 401
        async with connect(url, additional_headers={"x-api-key": "the-key-of-the-team"}) as socket:
            await receives_quotes(socket, times=2)
        assert redis_server.command("PUBSUB", "CHANNELS", "live*") != []
    assert "channel layer: StreamsChannelLayer" in server.output
    assert "Traceback" not in server.output


async def done(process: Process) -> None:
    with process:
        assert await asyncio.to_thread(process.wait) == 0, process.output


async def address_of(server: Process) -> str:
    match = await asyncio.to_thread(server.wait_for, r"Listening on http://(\S+)")
    return match[1]


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as response:
        body: bytes = response.read()
    return body


async def says_and_hears(address: str) -> None:
    """The team's consumer, through the team's channel layer."""
    url = f"ws://{address}/ws/room/"
    async with connect(url) as one, connect(url) as other:
        await one.send(json.dumps("hello"))
        async with asyncio.timeout(30):
            assert json.loads(await other.recv()) == {"said": "hello"}


async def receives_quotes(socket: ClientConnection, times: int) -> None:
    await socket.send("AAPL,MSFT")
    for _ in range(times):
        async with asyncio.timeout(30):
            quotes = json.loads(await socket.recv())
        # With security the first message begins with metadata, but not for the unlimited key.
        assert [quote["symbol"] for quote in quotes] == ["AAPL", "MSFT"]
