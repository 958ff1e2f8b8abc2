"""Heads of requests over a real socket: their lists, and how large they may be."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect

from streams.server.heads import split_list
from tests.streams.server.processes import AppServer
from tests.streams.server.raw import HANDSHAKE, connected, masked_frame, read_frame, within


@pytest.mark.parametrize(
    ("values", "elements"),
    [
        ([b"a, ,b\t,", b"", b" c "], [b"a", b"b", b"c"]),
        ([b'a; b="x, y", c'], [b'a; b="x, y"', b"c"]),
        ([rb'"\", ", a'], [rb'"\", "', b"a"]),
        ([b'"never ends, a', b"b"], [b'"never ends, a', b"b"]),
        ([b'"' + b"\\" * 31_999], [b'"' + b"\\" * 31_999]),
        ([b'"\\' * 16_000], [b'"\\' * 16_000]),
    ],
)
def test_a_list_header_is_read_as_http_defines_it(
    values: list[bytes], elements: list[bytes]
) -> None:
    assert split_list(values) == elements


@pytest.mark.parametrize(
    ("lines", "subprotocols"),
    [
        (b"Sec-WebSocket-Protocol:\r\n", []),
        (b"Sec-WebSocket-Protocol: \t , ,\r\n", []),
        (b"Sec-WebSocket-Protocol: a, ,b,\r\n", ["a", "b"]),
        (b"Sec-WebSocket-Protocol: a\r\nsec-websocket-protocol:\r\n", ["a"]),
        (b"Sec-WebSocket-Protocol: ,a\r\nSec-WebSocket-Protocol: b\t,\r\n", ["a", "b"]),
        (b"Sec-WebSocket-Version: ,13,\r\n", []),
        (b"Connection: keep-alive\r\nConnection: ,upgrade ,\r\n", []),
        (b"Connection: ,\r\nConnection: keep-alive, Upgrade\r\n", []),
        (b"Upgrade: ,WebSocket\r\nUpgrade:\r\n", []),
        (b"Sec-WebSocket-Extensions: ,\r\nSec-WebSocket-Extensions:\r\n", []),
    ],
)
async def test_lists_may_have_empty_elements_and_several_lines(
    server: AppServer, lines: bytes, subprotocols: list[str]
) -> None:
    request = HANDSHAKE % (b"show", lines)
    name = lines.partition(b":")[0].lower()
    own = [
        line
        for line in (HANDSHAKE % (b"show", b"")).split(b"\r\n")[1:4]
        if line.lower().startswith(name + b":")
    ]
    for line in own:  # the lines stand in for the usual ones
        request = request.replace(line + b"\r\n", b"", 1)
    async with connected(server.port) as (reader, writer):
        writer.write(request)
        assert (await within(reader.readuntil(b"\r\n\r\n"))).startswith(b"HTTP/1.1 101 ")
        _, shown = await read_frame(reader)
        assert json.loads(shown)["subprotocols"] == subprotocols


async def test_a_client_that_offers_no_subprotocols_at_all_connects(server: AppServer) -> None:
    async with connect(server.url("show"), subprotocols=[]) as socket:
        assert json.loads(await socket.recv())["subprotocols"] == []


REQUEST = b"GET / HTTP/1.1\r\nHost: h\r\n%s\r\n"
GREETINGS = {"page": REQUEST, "handshake": HANDSHAKE.replace(b"%s", b"echo", 1)}


def padded(name: str, size: int) -> bytes:
    """The request, filled up to so many bytes."""
    bare = len(GREETINGS[name] % b"a: \r\n")
    return GREETINGS[name] % (b"a: " + b"x" * (size - bare) + b"\r\n")


@pytest.mark.parametrize("name", GREETINGS)
@pytest.mark.parametrize("is_used", [False, True], ids=["first", "later"])
async def test_a_head_may_be_as_large_as_the_limit_and_no_larger(
    strict_server: AppServer, name: str, is_used: bool
) -> None:
    statuses = []
    for size in (2000, 2001, 500_000):
        async with connected(strict_server.port) as (reader, writer):
            if is_used:
                writer.write(REQUEST % b"")
                await within(reader.readuntil(b"}"))
            writer.write(padded(name, size))
            statuses.append((await within(reader.readline()))[9:12])
            if size > 2000:
                rest = await within(reader.read())
                assert json.loads(rest.partition(b"\r\n\r\n")[2])["error"]["code"] == (
                    "head_too_large"
                )
    assert statuses == [b"101" if name == "handshake" else b"200", b"431", b"431"]
    if name == "handshake":
        await strict_server.seen("disconnected")


async def test_a_slow_head_is_cut_off_on_a_used_connection_too(impatient_server: AppServer) -> None:
    async with connected(impatient_server.port) as (reader, writer):
        writer.write(REQUEST % b"")
        await within(reader.readuntil(b"}"))
        writer.write(b"GET / HT")
        assert (await within(reader.read())).startswith(b"HTTP/1.1 408 ")


async def test_the_idle_time_begins_anew_after_each_request(strict_server: AppServer) -> None:
    async with connected(strict_server.port) as (reader, writer):
        for seconds in (0, 1, 1, 1):  # of two each time
            await asyncio.sleep(seconds)
            writer.write(REQUEST % b"")
            assert (await within(reader.readuntil(b"}"))).startswith(b"HTTP/1.1 200 ")


async def test_an_idle_connection_makes_room_for_who_comes(strict_server: AppServer) -> None:
    port = strict_server.port
    async with connected(port) as (oldest, writer), connected(port) as (reader, other):
        for each in (writer, other):
            each.write(REQUEST % b"")
        await within(oldest.readuntil(b"}"))
        await within(reader.readuntil(b"}"))
        async with connect(strict_server.url("echo")), connect(strict_server.url("echo")) as last:
            assert await within(oldest.read()) == b""
            other.write(REQUEST % b"")
            assert (await within(reader.readuntil(b"}"))).startswith(b"HTTP/1.1 200 ")
            await last.send("here")
            assert await last.recv() == "here"
    for _ in range(2):
        await strict_server.seen("disconnected")


async def test_requests_that_come_together_are_answered_in_order(server: AppServer) -> None:
    together = [
        REQUEST.replace(b"/ ", b"/one ") % b"",
        b"POST /two HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello\r\n",
        b"POST /three HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        HANDSHAKE % (b"echo", b""),
        masked_frame(0x81, b"hello"),
    ]
    async with connected(server.port) as (reader, writer):
        writer.write(b"".join(together))
        for path in (b"one", b"two", b"three"):
            assert b'"/' + path + b'"' in await within(reader.readuntil(b"}"))
        assert (await within(reader.readuntil(b"\r\n\r\n"))).startswith(b"HTTP/1.1 101 ")
        assert await read_frame(reader) == (0x81, b"hello")


async def test_a_request_that_is_no_http_ends_a_used_connection_with_an_answer(
    server: AppServer,
) -> None:
    async with connected(server.port) as (reader, writer):
        writer.write(REQUEST % b"" + b"nonsense\r\n\r\n")
        await within(reader.readuntil(b"}"))
        assert (await within(reader.read())).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "lines",
    [b"Connection: te, close\r\n", b"Connection: te\r\nConnection: ,Close\r\n"],
    ids=["one line", "two lines"],
)
async def test_a_client_that_wants_no_more_is_left(server: AppServer, lines: bytes) -> None:
    async with connected(server.port) as (reader, writer):
        writer.write(REQUEST % lines)
        assert b"\r\nConnection: close\r\n" in await within(reader.read())


async def test_a_head_without_headers_and_empty_lines_before_it_are_welcome(
    server: AppServer,
) -> None:
    async with connected(server.port) as (reader, writer):
        writer.write(b"\r\n\r\nGET / HTTP/1.0\r\n\r\n")
        assert (await within(reader.read())).startswith(b"HTTP/1.0 200 ")
