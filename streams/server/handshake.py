"""From the bytes of a request's head to a WebSocket handshake and its answer; pure functions.

Errors: `BadHandshake` (the client's fault; carries the HTTP status to answer with).
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from streams.server.extensions import Deflate, accept_deflate
from streams.server.heads import CONTROL, TOKEN, Headers, RequestHead

_ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TARGET = re.compile(rb"(?:https?://[^/?#]*)?([!-~]*)", re.IGNORECASE)
UPGRADE_REQUIRED = 426

_OURS = frozenset({b"content-length", b"connection", b"transfer-encoding"})


class BadHandshake(Exception):
    """The request is no valid opening handshake; `status` and `headers` answer it."""

    def __init__(self, message: str, status: int = 400, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Handshake:
    """A valid opening handshake. `path` is as sent, without the query.

    `deflate` is the compression that is agreed on, if any.
    """

    key: bytes
    path: bytes
    query: bytes
    subprotocols: tuple[str, ...]
    deflate: Deflate | None


def check_handshake(head: RequestHead, *, may_compress: bool) -> Handshake:
    """RFC 6455, 4.2.1. Raises BadHandshake."""
    if head.method != b"GET":
        raise BadHandshake("a WebSocket handshake is a GET request", 405, ((b"Allow", b"GET"),))
    if head.version != b"HTTP/1.1":
        raise BadHandshake("a WebSocket handshake needs HTTP/1.1")
    if len(head.get_all(b"host")) != 1:
        raise BadHandshake("exactly one Host header is needed")
    if not head.has_token(b"connection", b"upgrade"):
        raise BadHandshake("the Connection header must contain Upgrade")
    if head.get_all(b"content-length") not in ([], [b"0"]) or head.get_all(b"transfer-encoding"):
        raise BadHandshake("a WebSocket handshake has no body")
    _check_version(head)
    path, query = _split_target(head.target)
    offers = head.get_list(b"sec-websocket-extensions") if may_compress else []
    deflate = accept_deflate(offers)
    return Handshake(_parse_key(head), path, query, _parse_subprotocols(head), deflate)


def _check_version(head: RequestHead) -> None:
    if set(head.get_list(b"sec-websocket-version")) != {b"13"}:
        supported = ((b"Sec-WebSocket-Version", b"13"), (b"Upgrade", b"websocket"))
        raise BadHandshake("only WebSocket version 13 is spoken here", UPGRADE_REQUIRED, supported)


def _parse_key(head: RequestHead) -> bytes:
    keys = head.get_all(b"sec-websocket-key")
    try:
        if len(keys) == 1 and len(base64.b64decode(keys[0], validate=True)) == 16:
            return keys[0]
    except binascii.Error:
        pass
    raise BadHandshake("exactly one Sec-WebSocket-Key of 16 bytes in base64 is needed")


def _parse_subprotocols(head: RequestHead) -> tuple[str, ...]:
    names = head.get_list(b"sec-websocket-protocol")
    if not all(TOKEN.fullmatch(name) for name in names) or len(set(names)) != len(names):
        raise BadHandshake("Sec-WebSocket-Protocol is not a list of distinct tokens")
    return tuple(name.decode("ascii") for name in names)


def _split_target(target: bytes) -> tuple[bytes, bytes]:
    match = _TARGET.fullmatch(target)
    if not match or b"#" in target:
        raise BadHandshake("the request target has characters that no URL has")
    path, _, query = match[1].partition(b"?")
    return path or b"/", query


def accept_response(
    handshake: Handshake, subprotocol: str | None, headers: Iterable[tuple[bytes, bytes]]
) -> bytes:
    """The 101 answer. Raises ValueError for a subprotocol that was not offered."""
    if subprotocol is not None and subprotocol not in handshake.subprotocols:
        raise ValueError(f"the client did not offer the subprotocol {subprotocol!r}")
    digest = hashlib.sha1(handshake.key + _ACCEPT_GUID, usedforsecurity=False).digest()
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest),
    ]
    if subprotocol is not None:
        lines.append(b"Sec-WebSocket-Protocol: " + subprotocol.encode("ascii"))
    if handshake.deflate is not None:
        lines.append(b"Sec-WebSocket-Extensions: " + handshake.deflate.answer)
    lines.extend(_header_lines(headers))
    return b"\r\n".join(lines) + b"\r\n\r\n"


def http_response(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> bytes:
    """A whole HTTP answer after which the connection closes.

    Length and connection headers are ours, whatever `headers` say.
    """
    lines = [
        b"HTTP/1.1 %d %b" % (status, phrase_of(status) or b"Refused"),
        *_header_lines(headers),
        b"Content-Length: %d" % len(body),
        b"Connection: close, Upgrade" if status == UPGRADE_REQUIRED else b"Connection: close",
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def phrase_of(status: int) -> bytes | None:
    return HTTPStatus(status).phrase.encode("ascii") if status in _STATUSES else None


_STATUSES = frozenset(status.value for status in HTTPStatus)


def error_response(status: int, code: str, message: str, headers: Headers = ()) -> bytes:
    """A whole HTTP answer with the body `{"error": {"code": ..., "message": ...}}`."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return http_response(status, ((b"Content-Type", b"application/json"), *headers), body)


def _header_lines(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    lines = []
    for name, value in headers:
        if not TOKEN.fullmatch(name) or CONTROL.search(value):
            raise ValueError(f"header {name!r} cannot be sent")
        if name.lower() not in _OURS:
            lines.append(name + b": " + value)
    return lines
