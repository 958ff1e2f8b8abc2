"""permessage-deflate: for who asks for it, and only where it pays."""

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from streams.server.extensions import answer_deflate
from tests.streams.server.processes import AppServer
from tests.streams.server.raw import masked_frame, read_frame, upgraded

OFFER = b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
SHORT = b"permessage-deflate; server_no_context_takeover; client_no_context_takeover"


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
        (b"permessage-deflate", SHORT),
        (b"permessage-deflate; client_max_window_bits=10", SHORT),
        (
            b'permessage-deflate; server_max_window_bits="15"',
            SHORT + b"; server_max_window_bits=15",
        ),
        (b"permessage-deflate; server_max_window_bits=10, permessage-deflate", SHORT),
        (b"x-other, permessage-deflate", SHORT),
        (b"permessage-deflate; server_max_window_bits=10", None),
        (b"permessage-deflate; unknown", None),
        (b"permessage-deflate; client_max_window_bits=99", None),
        (b"permessage-deflate; server_no_context_takeover=1", None),
        (b"permessage-deflate; client_max_window_bits; client_max_window_bits", None),
        (b"x-webkit-deflate-frame", None),
        (b"", None),
    ],
)
def test_an_offer_is_accepted_when_one_frame_fits_all(offer: bytes, answer: bytes | None) -> None:
    assert answer_deflate([offer]) == answer
