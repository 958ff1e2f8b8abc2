"""Who gets in, and with what: one real server with USE_SECURITY."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.datastructures import HeadersLike
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.e2e.security import (
    ADMIN_KEY,
    PASSWORD,
    Browser,
    Installation,
    code_of,
    refusal,
    sql_time,
    with_key,
)
from tests.processes import Server

ENDPOINTS = ("/profile/AAPL", "/quotes", "/market", "/hours")


@pytest.fixture(scope="module")
def place(prepared: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    database = tmp_path_factory.mktemp("security") / "db.sqlite3"
    # Everybody here comes from one address, and guesses a lot.
    return prepared.copy(
        database,
        LOG_LEVEL="DEBUG",
        MAX_HANDSHAKES_PER_MINUTE="100000",
        MAX_WRONG_KEYS_PER_MINUTE="100000",
    )


@pytest.fixture(scope="module")
def secrets() -> list[str]:
    """What must not be found in the server's output."""
    return [ADMIN_KEY, PASSWORD]


@pytest.fixture(scope="module")
def server(place: Installation, secrets: list[str]) -> Iterator[Server]:
    with place.serve("--access-log", "-") as server:
        yield server
    assert "Traceback" not in server.output
    assert "WSCONNECT" in server.output, "the log was on"
    for secret in secrets:
        assert secret not in server.output


@pytest.fixture
def key(place: Installation, secrets: list[str]) -> str:
    key = place.add_key()
    secrets.append(key)
    return key


async def receive(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), 10))


async def first_message(socket: ClientConnection, path: str) -> Any:
    if path.startswith("/quotes"):
        await socket.send("AAPL,MSFT")
    return await receive(socket)


def metadata_of(message: Any) -> Any:
    return message[0]["metadata"] if isinstance(message, list) else message["metadata"]


# --- Keys ---------------------------------------------------------------------------------


async def test_without_a_key_the_handshake_is_answered_with_401(server: Server) -> None:
    response = await refusal(server.url("/quotes"))
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert code_of(response) == "missing_key"


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_with_a_key_the_first_message_and_only_that_has_metadata(
    server: Server, key: str, path: str
) -> None:
    async with with_key(server.url(path), key) as socket:
        first = await first_message(socket, path)
        second = await receive(socket)
    assert metadata_of(first) == {"rate_limit": 8000, "remaining_requests": 7999, "reset": 86400}
    assert "metadata" not in json.dumps(second)
    if path == "/quotes":
        assert [quote["symbol"] for quote in first[1:]] == ["AAPL", "MSFT"]


@pytest.mark.parametrize(
    "headers", [{"X-API-Key": "{}"}, {"Authorization": "Bearer {}"}, {"authorization": "bearer {}"}]
)
async def test_a_key_travels_in_either_header(
    server: Server, key: str, headers: dict[str, str]
) -> None:
    filled = {name: value.format(key) for name, value in headers.items()}
    async with connect(server.url("/hours"), additional_headers=filled) as socket:
        assert metadata_of(await receive(socket))


async def test_a_key_travels_as_a_subprotocol_that_the_server_does_not_repeat(
    server: Server, key: str
) -> None:
    offered = [Subprotocol("financequery"), Subprotocol(f"key.{key}")]
    async with connect(server.url("/hours"), subprotocols=offered) as socket:
        assert socket.subprotocol == "financequery"
        assert socket.response
        assert key not in str(socket.response.headers)
        assert metadata_of(await receive(socket))


async def test_a_subprotocol_that_is_replayed_after_the_revocation_is_refused(
    server: Server, place: Installation, key: str
) -> None:
    offered = [Subprotocol("financequery"), Subprotocol(f"key.{key}")]
    async with connect(server.url("/hours"), subprotocols=offered):
        place.sql("UPDATE streams_apikey SET revoked_at = ?", sql_time(0))
        await asyncio.sleep(2)  # nobody announced it
    response = await refusal(server.url("/hours"), subprotocols=offered)
    assert response.status_code == 401


async def test_the_administrators_key_is_unlimited_and_has_no_metadata(server: Server) -> None:
    for path in ENDPOINTS:
        async with with_key(server.url(path), ADMIN_KEY) as socket:
            assert "metadata" not in json.dumps(await first_message(socket, path))


async def test_revoked_and_expired_keys_are_refused(server: Server, place: Installation) -> None:
    for column in ("revoked_at", "expires_at"):
        response = await refusal_of_key(server, place.add_key(**{column: sql_time(-1)}))
        assert (response.status_code, code_of(response)) == (401, "invalid_key")


async def refusal_of_key(server: Server, key: str, path: str = "/hours") -> Any:
    return await refusal(server.url(path), additional_headers={"x-api-key": key})


@pytest.mark.parametrize(
    "key",
    ["", "wrong", "fq_00000000_" + "A" * 43, "A" * 10_000, "' OR 1=1 --", "../.."],
    ids=["empty", "word", "shape", "long", "sql", "path"],
)
async def test_nonsense_is_refused(server: Server, key: str) -> None:
    response = await refusal_of_key(server, key)
    assert (response.status_code, code_of(response)) == (401, "invalid_key")


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (b"A" * 1_000_000, b"431"),
        (b"fq_\x00", b"400"),
        (b"\xff\xfe" * 20, b"401"),
        ("🔑é".encode(), b"401"),
    ],
    ids=["1 MB", "NUL", "no UTF-8", "UTF-8"],
)
def test_bytes_that_no_client_library_sends_are_refused(
    server: Server, value: bytes, status: bytes
) -> None:
    assert answer_to(server, value).startswith(b"HTTP/1.1 " + status)


def answer_to(server: Server, key: bytes) -> bytes:
    head = (
        b"GET /hours HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"X-API-Key: " + key + b"\r\n\r\n"
    )
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port)), 10) as raw:
        with contextlib.suppress(ConnectionError):  # it has heard enough
            raw.sendall(head)
        try:
            return raw.recv(4096)
        except ConnectionResetError:
            return b"HTTP/1.1 431"  # it closed before it had read all


@pytest.mark.parametrize(
    "more",
    [
        {"Authorization": "Bearer something-else"},
        [("x-api-key", "something-else")],
        {"Sec-WebSocket-Protocol": "financequery, key.something-else"},
    ],
)
async def test_different_keys_in_two_places_are_refused(
    server: Server, key: str, more: HeadersLike
) -> None:
    headers = [("x-api-key", key), *(more.items() if isinstance(more, dict) else more)]  # type: ignore[misc]
    response = await refusal(server.url("/hours"), additional_headers=headers)
    assert (response.status_code, code_of(response)) == (401, "ambiguous_key")
    assert key.encode() not in (response.body or b"")


async def test_a_key_in_the_url_is_no_key(server: Server, key: str) -> None:
    response = await refusal(server.url(f"/hours?api_key={key}&x-api-key={key}"))
    assert response.status_code == 401


async def test_a_key_for_other_endpoints_is_answered_with_403(
    server: Server, place: Installation
) -> None:
    key = place.add_key(endpoints='["hours"]')
    response = await refusal_of_key(server, key, "/market")
    assert (response.status_code, code_of(response)) == (403, "endpoint_not_allowed")
    async with with_key(server.url("/hours"), key) as socket:
        assert await receive(socket)


async def test_paths_that_are_no_endpoint_are_404_whoever_asks(server: Server, key: str) -> None:
    for path in ("/", "/nothing", "/quotes%0A", "/hours/x"):
        assert (await refusal_of_key(server, key, path)).status_code == 404


# --- Quotas -------------------------------------------------------------------------------


async def test_more_connections_than_a_day_has_are_answered_with_429(
    server: Server, place: Installation
) -> None:
    key = place.add_key(connections_per_day=2)
    for remaining in (1, 0):
        async with with_key(server.url("/hours"), key) as socket:
            assert metadata_of(await receive(socket))["remaining_requests"] == remaining
    response = await refusal_of_key(server, key)
    assert (response.status_code, code_of(response)) == (429, "over_quota")
    assert 86_000 < int(response.headers["retry-after"]) <= 86_400


async def test_more_connections_than_at_once_are_answered_with_429_until_one_ends(
    server: Server, place: Installation
) -> None:
    key = place.add_key(max_connections=2)
    async with with_key(server.url("/hours"), key):
        async with with_key(server.url("/market"), key):
            response = await refusal_of_key(server, key)
            assert (response.status_code, code_of(response)) == (429, "too_many_connections")
            assert int(response.headers["retry-after"]) > 0
        await until_accepted(server, key)


async def until_accepted(server: Server, key: str) -> None:
    """The server hears of a client's end a moment after the client."""
    async with asyncio.timeout(5):
        while True:
            with contextlib.suppress(InvalidStatus):
                async with with_key(server.url("/hours"), key) as socket:
                    assert await receive(socket)
                    return


async def test_more_symbols_than_the_key_may_follow_are_an_error(
    server: Server, place: Installation
) -> None:
    async with with_key(server.url("/quotes"), place.add_key(max_symbols=2)) as socket:
        await socket.send("AAPL,MSFT,NVDA")
        assert (await receive(socket))["error"]["code"] == "too_many_symbols"
        await socket.send("AAPL,MSFT")
        message = await receive(socket)
    assert message[0]["metadata"], "an error is not the first message"
    assert len(message) == 3


# --- Sessions and origins -----------------------------------------------------------------


@pytest.fixture(scope="module")
def alice(server: Server, secrets: list[str]) -> Browser:
    browser = Browser(server)
    browser.log_in("alice")
    secrets.append(browser.session_key)
    return browser


def as_page(browser: Browser, **headers: str) -> dict[str, str]:
    return {"Cookie": browser.cookie, **headers}


async def test_a_session_counts_with_the_own_origin(server: Server, alice: Browser) -> None:
    headers = as_page(alice, Origin=f"http://{server.address}")
    async with connect(server.url("/hours"), additional_headers=headers) as socket:
        assert metadata_of(await receive(socket))["rate_limit"] == 8000


async def test_a_session_without_an_origin_is_no_session(server: Server, alice: Browser) -> None:
    response = await refusal(server.url("/hours"), additional_headers=as_page(alice))
    assert (response.status_code, code_of(response)) == (401, "missing_origin")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "http://127.0.0.1:1",
        "x",
        "",
    ],
)
async def test_a_foreign_origin_is_refused_whatever_comes_with_it(
    server: Server, alice: Browser, key: str, origin: str
) -> None:
    for headers in (as_page(alice, Origin=origin), {"x-api-key": key, "Origin": origin}):
        response = await refusal(server.url("/hours"), additional_headers=headers)
        assert (response.status_code, code_of(response)) == (403, "origin_not_allowed")


async def test_origins_may_be_listed_and_a_refusal_says_which_are(
    installation: Installation,
) -> None:
    key, origins = installation.add_key(), "https://app.example,http://localhost:3000"
    with installation.serve(ALLOWED_ORIGINS=origins) as server:
        for origin in (*origins.split(","), f"http://{server.address}"):
            headers = {"x-api-key": key, "Origin": origin}
            async with connect(server.url("/hours"), additional_headers=headers) as socket:
                assert await receive(socket)
        headers["Origin"] = "https://evil.example"
        assert (await refusal(server.url("/hours"), additional_headers=headers)).status_code == 403
        said = (
            r"the last from 127\.0\.0\.1 \(origin 'https://evil\.example', allowed: the own host, "
        )
        await asyncio.to_thread(server.wait_for, said + "https://app")


async def test_the_session_of_a_user_who_is_not_active_is_refused(
    server: Server, place: Installation
) -> None:
    browser = Browser(server)
    browser.log_in("bob")
    place.sql("UPDATE auth_user SET is_active = 0 WHERE username = 'bob'")
    headers = as_page(browser, Origin=f"http://{server.address}")
    response = await refusal(server.url("/hours"), additional_headers=headers)
    assert (response.status_code, code_of(response)) == (401, "invalid_key")


async def test_invented_sessions_are_refused(server: Server) -> None:
    for cookie in (
        "sessionid=abcdefghijklmnopqrstuvwxyz012345",
        "sessionid=",
        "sessionid;;=;",
        "x",
    ):
        headers = {"Cookie": cookie, "Origin": f"http://{server.address}"}
        response = await refusal(server.url("/hours"), additional_headers=headers)
        assert response.status_code in (400, 401)


def test_the_page_asks_for_a_login(server: Server, alice: Browser) -> None:
    assert "Log in" in Browser(server).get("/")
    page = alice.get("/")
    assert 'id="watchlist"' in page
    assert "Log out" in page


# --- Addresses ----------------------------------------------------------------------------


@pytest.mark.parametrize(("hops", "statuses"), [("0", [401, 401, 429, 429]), ("1", [401] * 4)])
async def test_forged_addresses_do_not_get_around_the_limit_of_an_address(
    installation: Installation, hops: str, statuses: list[int]
) -> None:
    limits = {"MAX_HANDSHAKES_PER_MINUTE": "2", "TRUSTED_PROXY_HOPS": hops}
    with installation.serve(**limits) as server:
        answers = []
        for number in range(4):
            headers = {"X-Forwarded-For": f"1.1.1.1, 10.0.0.{number}", "x-api-key": "wrong"}
            answers.append(await refusal(server.url("/hours"), additional_headers=headers))
        assert [answer.status_code for answer in answers] == statuses
        async with with_key(server.url("/hours"), ADMIN_KEY) as socket:
            assert await receive(socket), "whoever runs the service gets in"
    if hops == "0":
        assert int(answers[-1].headers["retry-after"]) <= 60
