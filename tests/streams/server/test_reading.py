"""Frames: whatever a client may send, in whatever pieces, is read as the RFC says."""

import contextlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, OPEN, Protocol

from streams.server.allowance import Allowance
from streams.server.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    DEFLATE_TAIL,
    PING,
    PONG,
    TEXT,
    PreparedFrames,
    deflated_text_frame,
    server_frame,
    text_frame,
)
from streams.server.inflating import WINDOW_BYTES, Inflater
from streams.server.reading import FrameReader, ReadingFailed, Received
from tests.streams.server.raw import masked_frame

LIMIT = 8192
NOW = 100.0


def reader(
    *, limit: int = LIMIT, may_compress: bool = False, keeps_context: bool = False
) -> FrameReader:
    inflater = Inflater(keeps_context=keeps_context) if may_compress else None
    return FrameReader(limit, limit, Allowance(5000), inflater)


def read_by_another(data: bytes) -> list[Frame]:
    """What the client of the websockets package makes of the server's bytes."""
    protocol = Protocol(CLIENT, state=OPEN, max_size=None)
    protocol.receive_data(data)
    return [event for event in protocol.events_received() if isinstance(event, Frame)]


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]


messages = st.one_of(
    st.tuples(st.just(TEXT), st.text(max_size=300)),
    st.tuples(st.just(BINARY), st.binary(max_size=300)),
)
controls = st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125))
cuts = st.lists(st.integers(0, 10_000), max_size=8)


def frames_of(opcode: int, content: str | bytes, fragment_cuts: list[int]) -> list[bytes]:
    payload = content.encode() if isinstance(content, str) else content
    pieces = in_pieces(payload, fragment_cuts)
    opcodes = [opcode] + [CONTINUATION] * (len(pieces) - 1)
    finals = [0] * (len(pieces) - 1) + [0x80]
    return [
        masked_frame(final | code, piece)
        for final, code, piece in zip(finals, opcodes, pieces, strict=True)
    ]


@given(st.lists(st.tuples(messages, cuts, controls), max_size=4), cuts)
def test_any_messages_in_any_fragments_and_pieces_are_read(
    sent: list[tuple[tuple[int, str | bytes], list[int], tuple[int, bytes]]], cuts: list[int]
) -> None:
    data, expected = b"", []
    for (opcode, content), fragment_cuts, control in sent:
        first, *rest = frames_of(opcode, content, fragment_cuts)
        # A control frame may come between the fragments of a message.
        data += first + masked_frame(0x80 | control[0], control[1]) + b"".join(rest)
        between = [Received(*control)], [Received(opcode, content)]
        expected += sum(between if rest else between[::-1], [])
    reading = reader()
    received = [event for piece in in_pieces(data, cuts) for event in reading.receive(piece, NOW)]
    assert received == expected


@given(st.binary(max_size=400), cuts)
def test_no_bytes_whatever_break_the_reader(data: bytes, cuts: list[int]) -> None:
    reading = reader(may_compress=True)
    with contextlib.suppress(ReadingFailed):
        for piece in in_pieces(data, cuts):
            for opcode, _ in reading.receive(piece, NOW):
                assert opcode in (TEXT, BINARY, PING, PONG, CLOSE)


@given(st.text(max_size=300), st.booleans(), cuts)
def test_a_compressed_message_is_inflated(text: str, is_final: bool, cuts: list[int]) -> None:
    deflater = zlib.compressobj(wbits=-15)
    deflated = deflater.compress(text.encode())
    flushed = deflater.flush(zlib.Z_FULL_FLUSH if is_final else zlib.Z_SYNC_FLUSH)
    payload = (deflated + flushed).removesuffix(DEFLATE_TAIL)
    first, *rest = frames_of(0x40 | TEXT, payload, cuts)
    reading = reader(may_compress=True)
    assert list(reading.receive(first + b"".join(rest), NOW)) == [Received(TEXT, text)]


def deflated(texts: list[str], window: int = 15) -> bytes:
    """Frames of a client that keeps its context from message to message."""
    deflater = zlib.compressobj(wbits=-window)
    payloads = [
        deflater.compress(text.encode()) + deflater.flush(zlib.Z_SYNC_FLUSH) for text in texts
    ]
    return b"".join(masked_frame(0xC1, each.removesuffix(DEFLATE_TAIL)) for each in payloads)


@given(
    st.lists(st.text(alphabet="AMSFT,é", max_size=5000), max_size=20), st.sampled_from([9, 12, 15])
)
def test_a_client_may_build_on_its_earlier_messages(texts: list[str], window: int) -> None:
    reading = reader(may_compress=True, keeps_context=True)
    received = list(reading.receive(deflated(texts, window), NOW))
    assert received == [Received(TEXT, text) for text in texts]


def test_what_a_client_builds_on_is_bounded_and_skips_what_is_not_compressed() -> None:
    inflater = Inflater(keeps_context=True)
    reading = FrameReader(LIMIT, LIMIT, Allowance(5000), inflater)
    texts = [f"{number}" * 2000 for number in range(100, 120)]
    first, *rest = [deflated(texts[:1]), masked_frame(0x81, b"plain")]
    assert [event.content for event in reading.receive(first + rest[0], NOW)] == [texts[0], "plain"]
    assert inflater._context == texts[0].encode()
    reading = FrameReader(LIMIT, LIMIT, Allowance(5000), inflater := Inflater(keeps_context=True))
    assert [event.content for event in reading.receive(deflated(texts), NOW)] == texts
    assert len(inflater._context) == WINDOW_BYTES


def test_a_client_that_promised_to_keep_no_context_costs_none() -> None:
    reading = reader(may_compress=True)
    texts = ["AAPL,MSFT" * 10] * 2
    with pytest.raises(ReadingFailed) as failed:
        list(reading.receive(deflated(texts), NOW))
    assert failed.value.code == 1007


def test_too_many_fragments_are_too_big_and_too_many_frames_over_the_limit() -> None:
    endless = masked_frame(0x01, b"") + masked_frame(0x00, b"") * 2000
    with pytest.raises(ReadingFailed) as failed:
        list(reader().receive(endless, NOW))
    assert failed.value.code == 1009
    slower = FrameReader(LIMIT, LIMIT, Allowance(100), None)
    assert not list(slower.receive(endless[:600], NOW))  # of six and seven bytes each
    with pytest.raises(ReadingFailed) as failed:
        list(slower.receive(endless[600:], NOW + 0.5))
    assert failed.value.code == 4429


def test_small_fragments_fill_a_message_of_any_size() -> None:
    size = 256 * 1024
    frames = [masked_frame(0x00, b"x" * 64)] * (size // 64 - 2)
    first, last = masked_frame(0x02, b"x" * 64), masked_frame(0x80, b"x" * 64)
    reading = FrameReader(size, 0, Allowance(5000), None)
    assert list(reading.receive(first + b"".join(frames) + last, NOW)) == [
        Received(BINARY, b"x" * size)
    ]


def test_a_message_that_inflates_beyond_the_limit_is_too_big() -> None:
    deflater = zlib.compressobj(wbits=-15)
    bomb = deflater.compress(b"x" * 10_000_000) + deflater.flush(zlib.Z_SYNC_FLUSH)
    with pytest.raises(ReadingFailed) as failed:
        list(reader(limit=20_000, may_compress=True).receive(masked_frame(0xC1, bomb), NOW))
    assert failed.value.code == 1009


def test_what_is_not_deflate_is_invalid() -> None:
    with pytest.raises(ReadingFailed) as failed:
        list(reader(may_compress=True).receive(masked_frame(0xC1, b"\xff\xff\xff"), NOW))
    assert failed.value.code == 1007


@given(st.sampled_from([TEXT, BINARY, PING, PONG]), st.binary(max_size=70_000))
def test_frames_are_what_another_implementation_reads(opcode: int, payload: bytes) -> None:
    if opcode in (PING, PONG):
        payload = payload[:125]
    (frame,) = read_by_another(server_frame(opcode, payload))
    assert (frame.opcode, bytes(frame.data), frame.fin) == (Opcode(opcode), payload, True)


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536, 200_000])
def test_lengths_at_the_edges(size: int) -> None:
    (frame,) = read_by_another(server_frame(BINARY, b"x" * size))
    assert len(frame.data) == size


@given(st.text(max_size=2000))
def test_compressed_frames_need_no_context(text: str) -> None:
    frame = deflated_text_frame(text, 1)
    if not text:
        assert frame == text_frame(text)
        return
    assert frame[0] == 0xC1
    start = 2 if frame[1] < 126 else 4
    inflated = zlib.decompressobj(wbits=-15).decompress(frame[start:] + DEFLATE_TAIL)
    assert inflated.decode() == text


def test_a_payload_is_prepared_once_and_the_cache_stays_small() -> None:
    built: list[str] = []

    def build(text: str) -> bytes:
        built.append(text)
        return text_frame(text)

    frames = PreparedFrames(build)
    for number in range(1000):
        assert frames[str(number)] is frames[str(number)]
    assert len(built) == 1000
    assert frames["999"] == text_frame("999")
    assert len(built) == 1000
