"""The head of an HTTP request, read in one way for WebSockets and pages, first request or not.

Errors: `HeadTooLarge`. What is no HTTP has no error of its own: `parse_head` returns None.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

Headers = tuple[tuple[bytes, bytes], ...]

TOKEN = re.compile(rb"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_END = b"\r\n\r\n"
# Commas inside quotation marks separate nothing (RFC 9110, 5.6.4). No choice here is ever taken
# back, so that this takes no longer than the header is long.
_ELEMENT = re.compile(rb'(?:[^",]|"(?:[^"\\]|\\.)*"?)+')


class HeadTooLarge(Exception):
    """A head is longer than it may be."""


class HeadReader:
    """Bytes in, in whatever pieces; out comes a head and what follows it, once it is complete."""

    __slots__ = ("_data", "_max_bytes")

    def __init__(self, max_bytes: int) -> None:
        self._data = b""
        self._max_bytes = max_bytes

    @property
    def has_begun(self) -> bool:
        return bool(self._data)

    def receive(self, data: bytes) -> tuple[bytes, bytes] | None:
        """Raises HeadTooLarge."""
        # Some clients send an empty line before a request (RFC 9112, 2.2).
        self._data = (self._data + data).lstrip(b"\r\n")
        found = self._data.find(_END, max(0, len(self._data) - len(data) - 3))
        end = len(self._data) if found < 0 else found + len(_END)
        if end > self._max_bytes:
            raise HeadTooLarge
        if found < 0:
            return None
        head, rest, self._data = self._data[:end], self._data[end:], b""
        return head, rest


@dataclass(frozen=True, slots=True)
class RequestHead:
    """Request line and headers; names lower case, values stripped, order kept."""

    method: bytes
    target: bytes
    version: bytes
    headers: Headers

    def get_all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key == name]

    def get_list(self, name: bytes) -> list[bytes]:
        """The elements of a header that is a list, over all its lines."""
        return split_list(self.get_all(name))

    def has_token(self, name: bytes, token: bytes) -> bool:
        return token in (element.lower() for element in self.get_list(name))


def parse_head(data: bytes) -> RequestHead | None:
    """The head that ends with an empty line; None when it is not plain, well-formed HTTP."""
    request_line, *lines = data.removesuffix(_END).split(b"\r\n")
    parts = request_line.split(b" ")
    if len(parts) != 3:
        return None
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not TOKEN.fullmatch(name) or CONTROL.search(value):
            return None
        headers.append((name.lower(), value.strip(b" \t")))
    return RequestHead(parts[0], parts[1], parts[2], tuple(headers))


def split_list(values: Iterable[bytes]) -> list[bytes]:
    """The elements of a list header; empty ones mean nothing (RFC 9110, 5.6.1.2)."""
    elements = (element.strip(b" \t") for value in values for element in _ELEMENT.findall(value))
    return [element for element in elements if element]


def is_websocket(head: RequestHead) -> bool:
    return head.has_token(b"upgrade", b"websocket")
