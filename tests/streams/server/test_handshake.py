"""Handshakes over a real socket: what is accepted, what is refused, and with which answer."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.streams.server.processes import AppServer
from tests.streams.server.raw import HANDSHAKE, ask, connected, masked_frame, within


async def refusal(server: AppServer, path: str, **options: Any) -> Any:
    with pytest.raises(InvalidStatus) as caught:
        async with connect(server.url(path), **options):
            pass
    return caught.value.response


async def shown(server: AppServer, path: str, **options: Any) -> Any:
    async with connect(server.url(path), **options) as socket:
        return json.loads(await socket.recv())


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503, 599])
async def test_an_application_refuses_with_status_headers_and_body(
    server: AppServer, status: int
) -> None:
    response = await refusal(server, f"deny/{status}")
    assert response.status_code == status
    assert response.body == b'{"error": 1}'
    assert response.headers["Content-Length"] == "12"
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Retry-After"] == "7"
    assert response.headers["Connection"] == "close"
    await server.seen("disconnected 1006")


async def test_a_close_before_accept_is_a_plain_403(server: AppServer) -> None:
    response = await refusal(server, "reject")
    assert (response.status_code, response.body) == (403, b"")


async def test_accept_carries_headers_and_subprotocol(server: AppServer) -> None:
    offered = [Subprotocol("financequery"), Subprotocol("key.abc")]
    async with connect(server.url("show/financequery"), subprotocols=offered) as socket:
        assert socket.response
        assert socket.response.headers["X-Greeting"] == "hello"
        assert socket.subprotocol == "financequery"


async def test_the_scope_is_complete(server: AppServer) -> None:
    scope = await shown(
        server,
        "show/?key=a%20b",
        additional_headers={"X-Api-Key": "k", "X_Api_Key": "smuggled", "X-Euro": "caf\u00e9"},
    )
    assert scope["path"] == scope["raw_path"] == "/show/"
    assert scope["query_string"] == "key=a%20b"
    assert scope["type"] == "websocket"
    assert scope["scheme"] == "ws"
    assert scope["client"][0] == "127.0.0.1"
    assert scope["server"] == ["127.0.0.1", server.port]
    assert {"websocket.http.response", "streams.outbox"} <= set(scope["extensions"])
    assert ["x-api-key", "k"] in scope["headers"]
    assert "smuggled" not in [value for _, value in scope["headers"]]


async def test_an_error_before_accept_is_a_500(shared_server: AppServer) -> None:
    response = await refusal(shared_server, "fail/before")
    assert response.status_code == 500
    assert json.loads(response.body)["error"]["code"] == "internal"
    await shared_server.seen("RuntimeError: asked to")


async def test_an_application_that_returns_without_an_answer_gives_a_500(
    server: AppServer,
) -> None:
    assert (await refusal(server, "leave/before")).status_code == 500


async def test_a_subprotocol_nobody_offered_is_an_error_of_the_application(
    shared_server: AppServer,
) -> None:
    assert (await refusal(shared_server, "show/surprise")).status_code == 500
    await shared_server.seen("ValueError: the client did not offer")


async def test_an_application_that_hesitates_too_long_gives_a_503(
    impatient_server: AppServer,
) -> None:
    response = await refusal(impatient_server, "hesitate")
    assert response.status_code == 503
    await impatient_server.seen("disconnected 1006")


async def test_a_head_that_never_ends_is_cut_off(impatient_server: AppServer) -> None:
    requests = (b"GET / HTTP/1.1\r\n", b"")
    begun, silent = await asyncio.gather(*(ask(impatient_server.port, sent) for sent in requests))
    assert begun.startswith(b"HTTP/1.1 408 ")
    assert silent == b""


GOOD = HANDSHAKE % (b"echo", b"")
BAD_HANDSHAKES = {
    "method": (GOOD.replace(b"GET", b"POST"), 405),
    "http version": (GOOD.replace(b"1.1", b"1.0"), 400),
    "websocket version": (GOOD.replace(b": 13", b": 8"), 426),
    "no version": (GOOD.replace(b"Sec-WebSocket-Version: 13\r\n", b""), 426),
    "short key": (GOOD.replace(b"dGhl", b""), 400),
    "key not base64": (GOOD.replace(b"dGhl", b"????"), 400),
    "no key": (GOOD.replace(b"Key", b"Kee"), 400),
    "no host": (GOOD.replace(b"Host", b"Guest"), 400),
    "two hosts": (GOOD.replace(b"Host: localhost", b"Host: a\r\nHost: b"), 400),
    "no connection header": (GOOD.replace(b"Connection", b"Conn"), 400),
    "body": (HANDSHAKE % (b"echo", b"Content-Length: 5\r\n") + b"hello", 400),
    "chunked": (HANDSHAKE % (b"echo", b"Transfer-Encoding: chunked\r\n"), 400),
    "fragment": (HANDSHAKE % (b"echo#x", b""), 400),
    "bytes in path": (HANDSHAKE % (b"echo\xff\xfe", b""), 400),
    "subprotocol": (HANDSHAKE % (b"echo", b"Sec-WebSocket-Protocol: a, \xff\r\n"), 400),
    "subprotocol twice": (HANDSHAKE % (b"echo", b"Sec-WebSocket-Protocol: a, a\r\n"), 400),
    "header without colon": (HANDSHAKE % (b"echo", b"nonsense\r\n"), 400),
    "header with blank": (HANDSHAKE % (b"echo", b"a b: c\r\n"), 400),
    "nul in header": (HANDSHAKE % (b"echo", b"a: \x00\r\n"), 400),
    "endless headers": (HANDSHAKE % (b"echo", b"a: " + b"b" * 40000 + b"\r\n"), 431),
    "no http": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
}


@pytest.mark.parametrize("name", BAD_HANDSHAKES)
async def test_a_bad_handshake_gets_an_answer_and_no_traceback(
    server: AppServer, name: str
) -> None:
    request, status = BAD_HANDSHAKES[name]
    answer = await ask(server.port, request)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer


async def test_frames_sent_together_with_the_handshake_arrive(server: AppServer) -> None:
    async with connected(server.port) as (reader, writer):
        writer.write(GOOD + masked_frame(0x81, b"early"))
        await within(reader.readuntil(b"\r\n\r\n"))
        assert await within(reader.readexactly(7)) == b"\x81\x05early"


async def test_a_handshake_may_come_in_pieces(server: AppServer) -> None:
    async with connected(server.port) as (reader, writer):
        for index in range(len(GOOD)):
            writer.write(GOOD[index : index + 1])
            await writer.drain()
            await asyncio.sleep(0)
        assert (await within(reader.readline())).startswith(b"HTTP/1.1 101")


async def test_a_used_http_connection_can_be_upgraded(server: AppServer) -> None:
    async with connected(server.port) as (reader, writer):
        writer.write(b"GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = await within(reader.readuntil(b"\r\n\r\n"))
        assert head.startswith(b"HTTP/1.1 200")
        assert b'"/page"' in await within(reader.readuntil(b"}"))
        writer.write(GOOD)
        assert (await within(reader.readuntil(b"\r\n\r\n"))).startswith(b"HTTP/1.1 101")
        writer.write(masked_frame(0x81, b"hello"))
        assert await within(reader.readexactly(7)) == b"\x81\x05hello"


async def test_http_is_served_and_clients_do_not_choose_the_root_path(
    server: AppServer,
) -> None:
    request = b"GET /a HTTP/1.1\r\nHost: h\r\nDaphne-Root-Path: /evil\r\nConnection: close\r\n\r\n"
    answer = await ask(server.port, request)
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"path": "/a", "root_path": ""}


async def test_an_http_application_without_an_answer_gives_a_500(server: AppServer) -> None:
    request = b"GET /silent HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    assert (await ask(server.port, request)).startswith(b"HTTP/1.1 500 ")


async def test_a_refused_client_does_not_disturb_others(server: AppServer) -> None:
    async with connect(server.url("echo")) as socket:
        await refusal(server, "reject")
        await socket.send("still here")
        assert await socket.recv() == "still here"
        await socket.close()
        with pytest.raises(ConnectionClosed):
            await socket.recv()
