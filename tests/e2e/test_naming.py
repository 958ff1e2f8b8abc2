"""One client that names ever new symbols: it is refused, and stays; nobody else is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.processes import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(MAX_SYMBOLS_PER_HOUR="4", TRUSTED_PROXY_HOPS="1", REFRESH_SECONDS="1") as server:
        yield server


def client(server: Server, path: str, address: str) -> Any:
    return connect(server.url(path), additional_headers={"X-Forwarded-For": address})


async def receive(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), 30))


def symbols(message: Any) -> list[str]:
    return [quote["symbol"] for quote in message]


async def test_who_names_too_many_is_told_and_keeps_what_it_follows(server: Server) -> None:
    async with client(server, "/quotes", "203.0.113.1") as socket:
        await socket.send("SIM0001,SIM0002")
        assert symbols(await receive(socket)) == ["SIM0001", "SIM0002"]
        await socket.send("SIM0003,SIM0004,SIM0005")
        while isinstance(message := await receive(socket), list):
            pass  # a tick may come in between
        assert message["error"]["code"] == "too_many_new_symbols"
        assert symbols(await receive(socket)) == ["SIM0001", "SIM0002"]
        await socket.send("SIM0003,SIM0004")
        while symbols(message := await receive(socket)) != ["SIM0003", "SIM0004"]:
            pass
        # Named before, in whatever connection and order; another symbol is one too many.
        async with client(server, "/quotes", "203.0.113.1") as other:
            await other.send("SIM0002,SIM0001")
            assert symbols(await receive(other)) == ["SIM0001", "SIM0002"]
        async with client(server, "/profile/SIM0009", "203.0.113.1") as profile:
            assert (await receive(profile))["error"]["code"] == "too_many_new_symbols"


async def test_others_are_not_concerned(server: Server) -> None:
    for number in range(3):
        address = f"203.0.113.{100 + number}"
        async with client(server, f"/profile/SIM010{number}", address) as socket:
            assert (await receive(socket))["quote"]["symbol"] == f"SIM010{number}"
