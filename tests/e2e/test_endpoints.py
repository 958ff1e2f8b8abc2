"""Every endpoint through a real server over a real socket."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.processes import Server

SYMBOLS = "AAPL,MSFT,^GSPC,BTC-USD"
ENDPOINTS = ("/profile/AAPL", "/quotes", "/market", "/hours")
WITH_SLASH = ("/profile/AAPL/", "/quotes/", "/market/", "/hours/")
NO_ENDPOINTS = ("/", "/quote", "/profile", "/profile/", "/profile/A/B", "/hours/x")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """With a fast tick, so that tests need not wait long."""
    with Server(REFRESH_SECONDS="0.5", SUBSCRIBE_TIMEOUT_SECONDS="1") as server:
        yield server
    assert "Traceback" not in server.output


async def receive(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), 30))


async def error_code(socket: ClientConnection, message: str | bytes) -> str:
    await socket.send(message)
    answer = await receive(socket)
    assert answer["error"]["message"]
    return str(answer["error"]["code"])


async def test_each_endpoint_answers_at_once_and_then_every_five_seconds() -> None:
    async def first_three(server: Server, path: str) -> tuple[Any, list[float]]:
        """The first message, and how long each of three took."""
        async with connect(server.url(path)) as socket:
            moments = [time.monotonic()]
            if path == "/quotes":
                await socket.send(SYMBOLS)
            messages = []
            for _ in range(3):
                messages.append(await receive(socket))
                moments.append(time.monotonic())
            assert len({type(message) for message in messages}) == 1
            return messages[0], [later - at for at, later in pairwise(moments)]

    with Server() as server:
        results = await asyncio.gather(*(first_three(server, path) for path in ENDPOINTS))
    for _, (at_once, until_the_tick, a_tick) in results:
        assert at_once < 3
        assert until_the_tick < 8
        assert 3 < a_tick < 8
    profile, quotes, market, hours = (message for message, _ in results)
    assert profile["quote"]["symbol"] == "AAPL"
    assert len(profile["quote"]) == 48
    assert profile["similar"]
    assert profile["sectorPerformance"]["sector"] == "Technology"
    assert profile["news"]
    assert [quote["symbol"] for quote in quotes] == ["AAPL", "BTC-USD", "MSFT", "^GSPC"]
    assert all(market[part] for part in market)
    assert hours["status"] in ("Open", "Closed", "Early Close")
    assert datetime.fromisoformat(hours["timestamp"]).tzinfo


@pytest.mark.parametrize("path", [*WITH_SLASH, "/profile/%5EGSPC"])
async def test_a_trailing_slash_and_an_escaped_symbol_are_fine(server: Server, path: str) -> None:
    async with connect(server.url(path)) as socket:
        if path == "/quotes/":
            await socket.send("AAPL")
        assert await receive(socket)


async def test_messages_keep_coming_while_the_client_stays(server: Server) -> None:
    async with connect(server.url("/quotes")) as socket:
        await socket.send("BTC-USD")
        prices = [(await receive(socket))[0]["price"] for _ in range(4)]
    assert len(set(prices)) > 1, "the simulated market moves around the clock"


async def test_a_later_message_changes_the_symbols_and_is_answered_at_once(server: Server) -> None:
    async with connect(server.url("/quotes")) as socket:
        await socket.send("aapl, MSFT,AAPL")
        assert await symbols_of_next(socket) == ["AAPL", "MSFT"]
        await socket.send('{"subscribe": ["NVDA"]}')
        await until(socket, ["AAPL", "MSFT", "NVDA"])
        await socket.send('{"unsubscribe": ["AAPL", "NVDA"]}')
        await until(socket, ["MSFT"])
        await socket.send("NOSUCH")
        await until(socket, [])


async def symbols_of_next(socket: ClientConnection) -> list[str]:
    return [quote["symbol"] for quote in await receive(socket)]


async def until(socket: ClientConnection, symbols: list[str]) -> None:
    """A tick of the former set may come first, and no more than one."""
    if await symbols_of_next(socket) != symbols:
        assert await symbols_of_next(socket) == symbols


async def test_bad_messages_are_named_and_the_subscription_stays(server: Server) -> None:
    async with connect(server.url("/quotes")) as socket:
        assert await error_code(socket, "") == "empty"
        assert await error_code(socket, b"AAPL") == "not_text"
        assert await error_code(socket, "AA PL") == "invalid_symbol"
        await socket.send("AAPL")
        assert await symbols_of_next(socket) == ["AAPL"]
        for message, code in (
            ("\x00", "invalid_symbol"),
            ("🚀", "invalid_symbol"),
            ("x'; DROP TABLE quotes; --", "invalid_symbol"),
            ("A" * 300, "invalid_symbol"),
            (",".join(f"SIM{n:04}" for n in range(1, 202)), "too_many_symbols"),
            ('{"dance": true}', "unknown_command"),
            ("{", "malformed_json"),
        ):
            await socket.send(message)
            answer = await receive(socket)
            while "error" not in answer:
                assert [quote["symbol"] for quote in answer] == ["AAPL"]
                answer = await receive(socket)
            assert answer["error"]["code"] == code
        assert await symbols_of_next(socket) == ["AAPL"]


@pytest.mark.parametrize(
    ("message", "code"), [("A" * 9000, 1009), (b"\xff\xfe", 1007)], ids=["oversize", "not-utf8"]
)
async def test_what_cannot_be_a_message_closes_the_socket_with_its_code(
    server: Server, message: str | bytes, code: int
) -> None:
    async with connect(server.url("/quotes")) as socket, connect(server.url("/hours")) as other:
        if isinstance(message, bytes):
            # A text frame whose bytes are no UTF-8; the client would not send one by itself.
            await socket.send(message, text=True)
        else:
            await socket.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd
        assert closed.value.rcvd.code == code
        assert (await receive(other))["status"]
        assert (await receive(other))["status"]


async def test_a_client_that_names_no_symbols_is_closed_with_4408(server: Server) -> None:
    async with connect(server.url("/quotes")) as socket:
        assert await error_code(socket, "!") == "invalid_symbol"
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 30)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 4408


async def test_a_profile_of_nonsense_is_named_and_one_of_an_unknown_symbol_is_empty(
    server: Server,
) -> None:
    async with connect(server.url("/profile/DROP%20TABLE")) as socket:
        assert (await receive(socket))["error"]["code"] == "invalid_symbol"
    async with connect(server.url("/profile/NOSUCH")) as socket:
        profile = await receive(socket)
    nothing: dict[str, Any] = {"quote": None, "similar": [], "sectorPerformance": None, "news": []}
    assert profile == {**nothing, "status": "unknown"}


@pytest.mark.parametrize("path", NO_ENDPOINTS)
async def test_an_unknown_path_is_refused_at_the_handshake(server: Server, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(server.url(path)).__aenter__()
    response = refused.value.response
    assert response.status_code == 404
    assert json.loads(response.body or b"")["error"]["code"] == "not_found"


async def test_a_hundred_clients_get_the_same_message(server: Server) -> None:
    sockets = [await connect(server.url("/quotes")) for _ in range(100)]
    for number, socket in enumerate(sockets):
        await socket.send("AAPL,MSFT" if number % 2 else "msft , aapl")
    await asyncio.gather(*(receive(socket) for socket in sockets))
    ticks = await asyncio.gather(*(socket.recv() for socket in sockets))
    assert len(set(ticks)) == 1
    await asyncio.gather(*(socket.close() for socket in sockets))
