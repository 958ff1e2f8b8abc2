"""permessage-deflate: for who asks for it, and only where it pays."""

import zlib

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from streams.server.extensions import accept_deflate
from streams.server.frames import DEFLATE_TAIL
from streams.server.heads import split_list
from tests.streams.server.processes import AppServer
from tests.streams.server.raw import (
    HANDSHAKE,
    connected,
    masked_frame,
    read_frame,
    upgraded,
    within,
)

OFFER = b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
PLAIN = b"permessage-deflate"
CLIENT = PLAIN + b"; client_no_context_takeover"
SERVER = PLAIN + b"; server_no_context_takeover"
BOTH = SERVER + b"; client_no_context_takeover"
WINDOW = PLAIN + b"; server_max_window_bits=15"


async def test_clients_with_and_without_compression_get_the_same(server: AppServer) -> None:
    deflating = ClientPerMessageDeflateFactory(client_max_window_bits=True)
    async with (
        connect(server.url("obey"), extensions=[deflating]) as compressed,
        connect(server.url("obey"), compression=None) as plain,
    ):
        assert compressed.protocol.extensions
        assert not plain.protocol.extensions
        for client in (compressed, plain):
            for command in ("offer a 50000", "offer b 10", "offer a 50000", "send c 2000"):
                await client.send(command)
            received = [await client.recv() for _ in range(4)]
            assert received == ["a" * 50000, "b" * 10, "a" * 50000, "c" * 2000]


async def test_only_long_payloads_are_compressed(server: AppServer) -> None:
    async with upgraded(server.port, b"obey", OFFER) as (reader, writer):
        writer.write(masked_frame(0x81, b"offer a 1023") + masked_frame(0x81, b"offer b 1024"))
        assert await read_frame(reader) == (0x81, b"a" * 1023)
        first_byte, payload = await read_frame(reader)
        assert first_byte == 0xC1
        assert len(payload) < 50


async def test_a_compressed_message_beyond_the_limit_closes_with_1009(server: AppServer) -> None:
    async with connect(server.url("echo"), compression="deflate") as socket:
        await socket.send("x" * 8192)
        assert await socket.recv() == "x" * 8192
        await socket.send("x" * 8193)
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1009


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        (b"permessage-deflate", PLAIN),
        (b"permessage-deflate; client_max_window_bits", PLAIN),
        (b"permessage-deflate; client_max_window_bits=10", PLAIN),
        (b"permessage-deflate; client_no_context_takeover", CLIENT),
        (b"permessage-deflate;client_no_context_takeover;server_no_context_takeover", BOTH),
        (b"permessage-deflate; server_no_context_takeover; client_max_window_bits", SERVER),
        (b'permessage-deflate; server_max_window_bits="15"', WINDOW),
        (b"permessage-deflate; server_max_window_bits = 15", WINDOW),
        (b"permessage-deflate; server_max_window_bits=10, permessage-deflate", PLAIN),
        (b"permessage-deflate; unknown, permessage-deflate; client_no_context_takeover", CLIENT),
        (b'permessage-deflate; unknown="a, permessage-deflate", permessage-deflate', PLAIN),
        (b"x-other, ,, permessage-deflate,", PLAIN),
        (b"permessage-deflate; server_max_window_bits=10", None),
        (b"permessage-deflate; server_max_window_bits", None),
        (b"permessage-deflate; unknown", None),
        (b'permessage-deflate; unknown="a, permessage-deflate"', None),
        (b"permessage-deflate; client_max_window_bits=99", None),
        (b"permessage-deflate; client_max_window_bits=08", None),
        (b"permessage-deflate; client_max_window_bits=", None),
        (b'permessage-deflate; client_max_window_bits="10', None),
        (b"permessage-deflate; server_no_context_takeover=1", None),
        (b"permessage-deflate; server_no_context_takeover=", None),
        (b"permessage-deflate; client_max_window_bits; client_max_window_bits", None),
        (b"permessage-deflate;", None),
        (b"x-webkit-deflate-frame", None),
        (b"", None),
    ],
)
def test_an_offer_is_answered_with_what_it_names_and_nothing_else(
    offer: bytes, answer: bytes | None
) -> None:
    accepted = accept_deflate(split_list([offer]))
    assert (accepted and accepted.answer) == answer
    if accepted:
        assert accepted.keeps_context == (b"client_no_context_takeover" not in accepted.answer)


def test_an_offer_may_come_in_several_headers() -> None:
    lines = [b"permessage-deflate; server_max_window_bits=9", b"", b"x-other,permessage-deflate"]
    accepted = accept_deflate(split_list(lines))
    assert accepted
    assert accepted.answer == PLAIN


async def test_a_client_that_keeps_its_context_is_understood(server: AppServer) -> None:
    """As Tornado's does; netty's makes the same offer and takes no other answer."""
    deflater = zlib.compressobj(wbits=-15)
    async with connected(server.port) as (reader, writer):
        writer.write(HANDSHAKE % (b"echo", OFFER))
        head = await within(reader.readuntil(b"\r\n\r\n"))
        assert b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n" in head
        for _ in range(3):
            deflated = deflater.compress(b"AAPL,MSFT" * 20) + deflater.flush(zlib.Z_SYNC_FLUSH)
            writer.write(masked_frame(0xC1, deflated.removesuffix(DEFLATE_TAIL)))
            assert await read_frame(reader) == (0x81, b"AAPL,MSFT" * 20)
