"""Who closes with which code, seen from a real client and from the application."""

import asyncio
from collections.abc import Awaitable

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from streams.server.closing import check_close_code, encode_reason
from tests.streams.server.processes import AppServer
from tests.streams.server.raw import masked_frame, upgraded, within


async def received_close(awaitable: Awaitable[object]) -> Close:
    with pytest.raises(ConnectionClosed) as caught:
        await asyncio.wait_for(awaitable, 30)
    assert caught.value.rcvd is not None, "dropped without a close frame"
    return caught.value.rcvd


@pytest.mark.parametrize("code", [1000, 1001, 1009, 1012, 1013, 3000, 4401, 4413, 4999])
async def test_an_application_closes_with_any_legal_code(server: AppServer, code: int) -> None:
    async with connect(server.url(f"close/{code}")) as socket:
        assert await received_close(socket.recv()) == Close(code, "because")
    await server.seen(f"disconnected {code}")


@pytest.mark.parametrize("code", [999, 1005, 1006, 1015, 2000, 5000])
async def test_an_illegal_code_is_an_error_of_the_application(
    shared_server: AppServer, code: int
) -> None:
    async with connect(shared_server.url(f"close/{code}")) as socket:
        assert (await received_close(socket.recv())).code == 1011
    await shared_server.seen("ValueError: close code")


async def test_an_error_after_accept_closes_with_1011(shared_server: AppServer) -> None:
    async with connect(shared_server.url("fail/after")) as socket:
        assert (await received_close(socket.recv())).code == 1011
    await shared_server.seen("RuntimeError: asked to")


async def test_an_application_that_returns_closes_its_socket(server: AppServer) -> None:
    async with connect(server.url("leave/after")) as socket:
        assert (await received_close(socket.recv())).code == 1000


async def test_a_client_that_closes_is_told_to_the_application(server: AppServer) -> None:
    async with connect(server.url("echo")) as socket:
        await socket.close(4000)
        assert socket.close_code == 4000
    await server.seen("disconnected 4000")


async def test_a_client_that_vanishes_is_told_to_the_application(server: AppServer) -> None:
    async with upgraded(server.port) as (_, writer):
        writer.transport.abort()
    await server.seen("disconnected 1006")


async def test_a_message_at_the_limit_passes_and_one_byte_more_closes_with_1009(
    server: AppServer,
) -> None:
    async with connect(server.url("echo")) as socket:
        await socket.send("x" * 8192)
        assert await socket.recv() == "x" * 8192
        await socket.send("x" * 8193)
        assert (await received_close(socket.recv())).code == 1009
    await server.seen("disconnected 1009")


async def test_a_large_upload_still_sees_its_close_frame(server: AppServer) -> None:
    async with upgraded(server.port) as (reader, writer):
        writer.write(masked_frame(0x82, b"x" * 4_000_000))
        assert (await within(reader.readexactly(4)))[2:] == (1009).to_bytes(2, "big")
        await within(reader.read())


async def test_fragments_over_the_limit_close_with_1009(server: AppServer) -> None:
    async with connect(server.url("echo")) as socket:
        await socket.send("y" * 4000 for _ in range(2))
        assert await socket.recv() == "y" * 8000
        fragments = ["y" * 4000] * 3
        sending = asyncio.ensure_future(socket.send(fragments))
        assert (await received_close(socket.recv())).code == 1009
        await asyncio.gather(sending, return_exceptions=True)


async def test_the_limit_is_for_received_messages_only(server: AppServer) -> None:
    async with connect(server.url("large/200000")) as socket:
        assert len(await socket.recv()) == 200_000


BAD_FRAMES = {
    "invalid utf-8": (masked_frame(0x81, b"\xff\xfe"), 1007),
    "half a character": (masked_frame(0x81, b"\xe2\x82"), 1007),
    "a surrogate": (masked_frame(0x81, b"\xed\xa0\x80"), 1007),
    "unmasked": (b"\x81\x02hi", 1002),
    "reserved bits": (masked_frame(0xF1, b"hi"), 1002),
    "compressed, not negotiated": (masked_frame(0xC1, b"hi"), 1002),
    "reserved data opcode": (masked_frame(0x83, b"hi"), 1002),
    "reserved control opcode": (masked_frame(0x8B, b"hi"), 1002),
    "fragmented ping": (masked_frame(0x09, b"hi"), 1002),
    "long ping": (masked_frame(0x89, b"x" * 126), 1002),
    "continuation of nothing": (masked_frame(0x80, b"hi"), 1002),
    "message inside a message": (masked_frame(0x01, b"a") + masked_frame(0x81, b"b"), 1002),
    "close with one byte": (masked_frame(0x88, b"x"), 1002),
    "close with a reserved code": (masked_frame(0x88, b"\x03\xed"), 1002),
    "close reason no utf-8": (masked_frame(0x88, b"\x03\xe8\xff"), 1007),
    "length not minimal": (b"\x81\xfe\x00\x02\x00\x00\x00\x00hi", 1002),
    "length 2**63": (b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", 1002),
    "a huge announced length": (masked_frame(0x82, b"", length=2**40), 1009),
}


@pytest.mark.parametrize("name", BAD_FRAMES)
async def test_a_bad_frame_is_answered_with_a_close_frame(server: AppServer, name: str) -> None:
    frames, code = BAD_FRAMES[name]
    async with upgraded(server.port) as (reader, writer):
        writer.write(frames + masked_frame(0x81, b"after this nothing counts"))
        answer = await within(reader.read())
    opcode, size, seen = answer[0], answer[1], int.from_bytes(answer[2:4], "big")
    assert (opcode, seen, len(answer)) == (0x88, code, 2 + size), answer
    await server.seen(f"disconnected {code}")


async def test_a_client_that_never_answers_a_close_is_dropped(server: AppServer) -> None:
    async with upgraded(server.port, b"close/4413") as (reader, _):
        assert await within(reader.readexactly(11)) == b"\x88\x09\x11\x3dbecause"
        with pytest.raises(ConnectionResetError):
            await within(reader.read())


async def test_pings_are_answered(server: AppServer) -> None:
    async with connect(server.url("echo")) as socket:
        await asyncio.wait_for(await socket.ping(), 30)


@pytest.mark.parametrize("code", [0, 1004, 1005, 1006, 1015, 2999, 5000, "1000", None])
def test_codes_that_never_travel_are_refused(code: object) -> None:
    with pytest.raises(ValueError, match="close code"):
        check_close_code(code)


def test_a_long_reason_is_cut_between_characters() -> None:
    assert encode_reason("\u20ac" * 100) == "\u20ac".encode() * 41
    assert encode_reason(None) == b""
