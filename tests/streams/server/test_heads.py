"""Heads of requests over a real socket: their lists, and how large they may be."""

import json

import pytest
from websockets.asyncio.client import connect

from streams.server.heads import split_list
from tests.streams.server.processes import AppServer
from tests.streams.server.raw import HANDSHAKE, connected, read_frame, within


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
