"""The Yahoo provider under the whole service: values arrive, faults become nulls, calls are few."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator
from socket import socket as new_socket
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.e2e.operations import fetch
from tests.marketdata.yahoo.answers import serve_everything
from tests.marketdata.yahoo.server import Call, FakeYahoo, Reply
from tests.processes import Server

QUOTES = "/v7/finance/quote"


@pytest.fixture
def yahoo() -> Iterator[FakeYahoo]:
    with FakeYahoo() as yahoo:
        serve_everything(yahoo)
        yield yahoo


@pytest.fixture
def server(yahoo: FakeYahoo) -> Iterator[Server]:
    with Server(
        MARKETDATA_PROVIDER="yahoo", YAHOO_BASE_URL=yahoo.url, REFRESH_SECONDS="1"
    ) as server:
        yield server


async def receive(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), 30))


async def test_a_profile_is_filled_from_every_source(yahoo: FakeYahoo) -> None:
    with Server(MARKETDATA_PROVIDER="yahoo", YAHOO_BASE_URL=yahoo.url) as server:
        async with connect(server.url("/profile/ACME")) as socket:
            profile = await receive(socket)
    quote = profile["quote"]
    assert (quote["name"], quote["price"], quote["change"]) == (
        "Acme Corporation",
        "150.25",
        "+2.15",
    )
    assert (quote["industry"], quote["employees"], quote["maxReturn"]) == (
        "Anvils",
        "1,500",
        "+2,250.00%",
    )
    assert profile["similar"]
    assert profile["sectorPerformance"]["sector"] == "Technology"
    assert profile["news"]


async def test_faults_become_nulls_and_data_comes_back_on_the_same_connection(
    server: Server, yahoo: FakeYahoo
) -> None:
    async with connect(server.url("/quotes")) as socket:
        await socket.send("ACME")
        assert (await receive(socket))[0]["price"] == "150.25"
        good = yahoo.routes[QUOTES]
        for fault in (
            Reply(500),
            Reply(mode="hang"),
            Reply(body=b"<html>"),
            Reply(429, headers={"Retry-After": "1"}),
        ):
            yahoo.routes[QUOTES] = fault
            await until(socket, [])
            yahoo.routes[QUOTES] = good
            yahoo.released.set()
            assert await until_data(socket)
            yahoo.released.clear()
    assert "Traceback" not in server.output


async def until(socket: ClientConnection, message: Any) -> None:
    while await receive(socket) != message:
        pass


async def until_data(socket: ClientConnection) -> Any:
    while not (message := await receive(socket)):
        pass
    return message


async def test_many_clients_on_overlapping_sets_cost_what_their_union_costs(
    server: Server, yahoo: FakeYahoo
) -> None:
    """120 clients on 40 sets of 60 symbols: two calls a tick, whatever the clients."""
    sets = [",".join(f"S{(3 * n + k) % 60:03}" for k in range(6)) for n in range(40)]
    sockets = [await connect(server.url("/quotes")) for _ in range(120)]
    for number, socket in enumerate(sockets):
        await socket.send(sets[number % 40])
    for socket in sockets:
        assert len(await receive(socket)) == 6
    yahoo.calls.clear()
    ticks = 3
    await asyncio.gather(*(receive_many(socket, ticks) for socket in sockets))
    calls = yahoo.calls_of(QUOTES)
    per_tick = math.ceil(60 / 50)
    assert len(calls) <= (ticks + 1) * per_tick
    assert {len(symbols(call)) for call in calls} == {50, 10}
    await asyncio.gather(*(socket.close() for socket in sockets))


async def receive_many(socket: ClientConnection, count: int) -> None:
    for _ in range(count):
        await receive(socket)


def symbols(call: Call) -> list[str]:
    return call.query["symbols"].split(",")


@pytest.mark.parametrize(
    ("fault", "state", "reason"),
    [
        (Reply(500), "down", "errors"),
        (Reply(body=b"[]"), "down", "invalid_answers"),
        (Reply(429, headers={"Retry-After": "2"}), "paused", "rate_limited"),
        (Reply(403), "down", "refused"),
    ],
)
async def test_how_the_source_is_can_be_read_and_is_said_once(
    server: Server, yahoo: FakeYahoo, fault: Reply, state: str, reason: str
) -> None:
    async with connect(server.url("/profile/ACME")) as socket:
        assert (await receive(socket))["status"] == "ok"
        source = await source_in_state(server, "ok")
        assert (source["name"], source["simulated"], source["reason"]) == ("yahoo", False, None)
        good = yahoo.routes[QUOTES]
        yahoo.routes[QUOTES] = fault
        source = await source_in_state(server, state)
        assert source["reason"] == source["kinds"]["quotes"]["reason"] == reason
        while (await receive(socket))["status"] != "unavailable":
            pass
        later = await source_in_state(server, state)
        assert later["since"] == source["since"]
        yahoo.routes[QUOTES] = good
        await source_in_state(server, "ok")
        while (await receive(socket))["status"] != "ok":
            pass
    lines = [
        line for line in server.output.splitlines() if " streams.source_state: Quotes " in line
    ]
    assert len(lines) == 2, lines
    assert "Quotes are back after" in lines[1]


async def test_without_a_network_nothing_is_well_nor_back() -> None:
    with new_socket() as unused:
        unused.bind(("127.0.0.1", 0))  # not listening: connections are refused
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with Server(MARKETDATA_PROVIDER="yahoo", YAHOO_BASE_URL=url, REFRESH_SECONDS="1") as server:
            async with connect(server.url("/profile/AAPL")) as socket:
                for _ in range(8):
                    assert (await receive(socket))["status"] == "unavailable"
                answer = await asyncio.to_thread(fetch, server, "/readyz")
    source = answer.json["source"]
    assert answer.status == 200
    assert (source["state"], source["reason"]) == ("down", "unreachable")
    assert source["kinds"]
    assert all(kind["state"] != "ok" for kind in source["kinds"].values()), source
    assert " back after " not in server.output


async def source_in_state(server: Server, state: str) -> Any:
    """What /readyz says of the source once it is in that state; its status stays 200."""
    async with asyncio.timeout(30):
        while True:
            answer = await asyncio.to_thread(fetch, server, "/readyz")
            if answer.json["source"]["state"] == state:
                assert answer.status == 200
                return answer.json["source"]
            await asyncio.sleep(0.1)
