"""What is fuzzed: each target takes any bytes and fails when a promise about them is broken.

The promises: no exception but the declared ones, bounded memory, and the same result however the
bytes are cut into pieces.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from marketdata.errors import ProviderError
from marketdata.providers.yahoo.parse.details import parse_detail, parse_returns
from marketdata.providers.yahoo.parse.news import parse_rss, parse_search_news, parse_stream_news
from marketdata.providers.yahoo.parse.quotes import parse_movers, parse_quotes, parse_similar
from marketdata.providers.yahoo.parse.sectors import parse_sector
from marketdata.providers.yahoo.pricing import parse_frame, parse_message
from marketdata.symbols import parse_symbols
from streams.addresses import bucket_of, client_address
from streams.protocol import ClientError, parse_command
from streams.server.allowance import Allowance
from streams.server.extensions import accept_deflate
from streams.server.handshake import (
    BadHandshake,
    accept_response,
    check_handshake,
    error_response,
)
from streams.server.heads import HeadReader, HeadTooLarge, is_websocket, parse_head, split_list
from streams.server.inflating import WINDOW_BYTES, Inflater
from streams.server.reading import FrameReader, ReadingFailed

LIMIT = 4096
MAX_SYMBOLS = 50
PARSERS: tuple[Callable[[Any], object], ...] = (
    parse_quotes,
    parse_movers,
    parse_similar,
    lambda payload: parse_detail(payload, "ACME"),
    parse_returns,
    lambda payload: parse_sector(payload, "Technology"),
    parse_search_news,
    parse_stream_news,
)


def frames(data: bytes) -> None:
    """The frames of a client: the first byte says what was agreed on, the second where to cut."""
    if len(data) < 2:
        return
    agreed, cut, stream = data[0], data[1] + 1, data[2:]
    whole = _read_frames(agreed, [stream])
    pieces = _read_frames(agreed, [stream[i : i + cut] for i in range(0, len(stream), cut)])
    assert whole == pieces, "what is read depends on how it was cut"


def _read_frames(agreed: int, pieces: list[bytes]) -> list[object]:
    inflater = Inflater(keeps_context=bool(agreed & 2)) if agreed & 1 else None
    reader = FrameReader(LIMIT, LIMIT, Allowance(1_000_000), inflater)
    events: list[object] = []
    try:
        for piece in pieces:
            for event in reader.receive(piece, 0.0):
                assert event.content is None or len(str(event.content)) <= 4 * LIMIT
                events.append(event)
            # What is kept is less than a message and the head of a frame.
            assert len(reader._buffer) <= LIMIT + 14
    except ReadingFailed as error:
        events.append((error.code, str(error)))
    return events


def head(data: bytes) -> None:
    """The head of a request, and the handshake that it may be."""
    results = [_read_head(data, len(data) or 1), _read_head(data, 7)]
    assert results[0] == results[1], "what is read depends on how it was cut"
    request = parse_head(data)
    if request is None:
        return
    is_websocket(request)
    try:
        handshake = check_handshake(request, may_compress=True)
    except BadHandshake as error:
        _check_answer(error_response(error.status, "bad_handshake", str(error), error.headers))
        return
    subprotocol = next(iter(handshake.subprotocols), None)
    _check_answer(accept_response(handshake, subprotocol, ()))


def _read_head(data: bytes, size: int) -> object:
    reader = HeadReader(LIMIT)
    for start in range(0, len(data), size):
        try:
            found = reader.receive(data[start : start + size])
        except HeadTooLarge:
            return "too large"
        if found:
            return found[0]
    return None


def _check_answer(answer: bytes) -> None:
    """One answer, of which the client wrote nothing."""
    lines = answer.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert lines[0].startswith(b"HTTP/1.1 ")
    assert all(b": " in line for line in lines[1:])
    assert b"\n" not in b"".join(lines)


def deflate(data: bytes) -> None:
    """The offers of compression; the answer names nothing that was not offered."""
    accepted = accept_deflate(split_list([data]))
    if accepted is None:
        return
    _, *parameters = accepted.answer.split(b"; ")
    for parameter in parameters:
        assert parameter.partition(b"=")[0] in data


def inflate(data: bytes) -> None:
    """Compressed messages, one after another: bounded, and never another error than zlib's."""
    if not data:
        return
    inflater = Inflater(keeps_context=bool(data[0] & 1))
    size = data[0] // 2 + 1
    with contextlib.suppress(zlib.error):
        for start in range(1, len(data), size):
            assert len(inflater.inflate(data[start : start + size], LIMIT)) <= LIMIT + 1
            assert len(inflater._context) <= WINDOW_BYTES


def commands(data: bytes) -> None:
    """A client's message on /quotes: canonical symbols, or an error that can be sent."""
    text = data.decode("utf-8", "replace")
    present = ("AAPL", "MSFT")
    try:
        symbols = parse_command(text, present, MAX_SYMBOLS, LIMIT)
    except ClientError as error:
        _check_error(error)
        return
    assert len(symbols) <= MAX_SYMBOLS
    assert parse_symbols(symbols) == symbols


def _check_error(error: ClientError) -> None:
    assert json.loads(error.frame())["error"]["code"] == error.code


def addresses(data: bytes) -> None:
    """X-Forwarded-For: an address, or that of the peer; and a bucket of bounded length."""
    values = data.decode("latin-1").split("\n")
    for hops in (0, 1, 2):
        address = client_address("192.0.2.1", values, hops)
        assert address is not None
        assert len(bucket_of(address)) <= 50


def yahoo(data: bytes) -> None:
    """Yahoo's answers: values, or one of our errors."""
    for parse in (parse_rss, parse_message, parse_frame):
        with contextlib.suppress(ProviderError):
            parse(data)
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError):
        return
    for parse_payload in PARSERS:
        with contextlib.suppress(ProviderError):
            parse_payload(payload)


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    target.__name__: target
    for target in (frames, head, deflate, inflate, commands, addresses, yahoo)
}


def read_corpus(folder: Any) -> Iterator[bytes]:
    """The inputs in a folder, one a file."""
    for path in sorted(folder.iterdir()):
        yield path.read_bytes()
