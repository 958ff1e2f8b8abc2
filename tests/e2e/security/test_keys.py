"""Who gets in with which key, and in which place it may travel."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket

import pytest
from websockets.asyncio.client import connect
from websockets.datastructures import HeadersLike
from websockets.typing import Subprotocol

from streams.keys import generate_key
from tests.e2e.security.installation import (
    ADMIN_KEY,
    Installation,
    closing_code,
    code_of,
    refusal,
    sql_time,
    with_key,
)
from tests.e2e.security.messages import first_message, metadata_of, receive, refusal_of_key
from tests.processes import Server

ENDPOINTS = ("/profile/AAPL", "/quotes", "/market", "/hours")


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
    async with connect(server.url("/hours"), subprotocols=offered) as socket:
        place.sql("UPDATE streams_apikey SET revoked_at = ?", sql_time(0))
        # Nobody announced it.
        assert await asyncio.wait_for(closing_code(socket), 30) == 4401
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
    assert answer_to(server, b"X-API-Key: " + value).startswith(b"HTTP/1.1 " + status)


def answer_to(server: Server, header: bytes) -> bytes:
    head = (
        b"GET /hours HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + header
        + b"\r\n\r\n"
    )
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port)), 10) as raw:
        with contextlib.suppress(ConnectionError):  # it has heard enough
            raw.sendall(head)
        try:
            return raw.recv(4096)
        except ConnectionResetError:
            return b"HTTP/1.1 431"  # it closed before it had read all


OTHER = generate_key().text


@pytest.mark.parametrize(
    "more",
    [
        {"Authorization": f"Bearer {OTHER}"},
        [("x-api-key", OTHER)],
        {"Sec-WebSocket-Protocol": f"financequery, key.{OTHER}"},
    ],
)
async def test_different_keys_in_two_places_are_refused(
    server: Server, key: str, more: HeadersLike
) -> None:
    headers = [("x-api-key", key), *(more.items() if isinstance(more, dict) else more)]  # type: ignore[misc]
    response = await refusal(server.url("/hours"), additional_headers=headers)
    assert (response.status_code, code_of(response)) == (401, "ambiguous_key")
    assert key.encode() not in (response.body or b"")


@pytest.mark.parametrize(
    "more",
    [
        [("Authorization", "Bearer eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl")],
        [("Authorization", "Basic cHJveHk6cHJveHk=")],
        [("Authorization", "Negotiate YIIZ"), ("Authorization", "Bearer proxys")],
    ],
)
async def test_a_proxys_own_authorization_does_not_matter_beside_a_key(
    server: Server, key: str, more: HeadersLike
) -> None:
    headers = [("x-api-key", key), *more]  # type: ignore[misc]
    async with connect(server.url("/hours"), additional_headers=headers) as socket:
        assert metadata_of(await receive(socket))


@pytest.mark.parametrize("header", ["x-api-key: {}", "authorization: bearer {}"])
@pytest.mark.parametrize(
    ("blank", "status"), [(b" ", b"101"), (b"\t", b"101"), (b"\xa0", b"40"), (b"\x1c", b"40")]
)
def test_around_a_key_only_spaces_and_tabs_are_blanks(
    server: Server, key: str, header: str, blank: bytes, status: bytes
) -> None:
    line = header.encode().replace(b"{}", blank + key.encode() + blank)
    assert answer_to(server, line).startswith(b"HTTP/1.1 " + status)


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
