"""What the terminal client asks for, and where: from a command line to a URL and a message.

Errors: `Stopped`, with a sentence for whoever typed it.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

import msgspec

from marketdata.errors import InvalidSymbol
from marketdata.symbols import parse_symbol
from streams.subscriptions import Endpoint
from streams.terminal.endings import Stopped


class Target(msgspec.Struct, frozen=True):
    """Where to connect and what to say there. `key` is secret: never to be shown."""

    endpoint: Endpoint
    symbols: tuple[str, ...]
    url: str
    key: str = ""

    @property
    def first_message(self) -> str | None:
        """What the client sends once it is connected."""
        return ",".join(self.symbols) if self.endpoint is Endpoint.QUOTES else None

    @property
    def headers(self) -> dict[str, str]:
        """Of the handshake."""
        return {"x-api-key": self.key} if self.key else {}

    def __repr__(self) -> str:
        return f"Target({self.url})"


def parse_target(endpoint: str, symbols: Iterable[str], url: str, key: str = "") -> Target:
    """`symbols` may be given one by one, with commas, or both. Raises Stopped."""
    chosen = _parse_endpoint(endpoint)
    parsed = _parse_symbols(chosen, symbols)
    path = f"/{chosen}"
    if chosen is Endpoint.PROFILE:
        path += f"/{quote(parsed[0], safe='')}"
    if not (key.isascii() and key.isprintable()):
        raise Stopped("The key has characters that no key has.")
    return Target(chosen, parsed, _parse_base(url) + path, key)


def _parse_endpoint(text: str) -> Endpoint:
    try:
        return Endpoint(text.strip("/").lower())
    except ValueError:
        names = ", ".join(Endpoint)
        raise Stopped(f"There is no endpoint {text!r}; there are {names}.") from None


def _parse_symbols(endpoint: Endpoint, texts: Iterable[str]) -> tuple[str, ...]:
    try:
        parts = [part for text in texts for part in text.split(",") if part.strip()]
        # Not `parse_symbols`, which sorts: they are shown in the order of the command line.
        symbols = tuple(dict.fromkeys(map(parse_symbol, parts)))
    except InvalidSymbol as error:
        raise Stopped(f"{error}.") from None
    if endpoint is Endpoint.QUOTES and not symbols:
        raise Stopped("quotes needs symbols, for example: quotes AAPL MSFT BTC-USD")
    if not endpoint.takes(len(symbols)):
        wanted = "exactly one symbol" if endpoint is Endpoint.PROFILE else "no symbols"
        raise Stopped(f"{endpoint} takes {wanted}, not {len(symbols)}.")
    return symbols


def _parse_base(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole, parts = False, urlsplit("")
    if parts.scheme not in ("ws", "wss") or not is_whole:
        raise Stopped(f"--url is like ws://localhost:8000 or wss://example.com, not {url!r}.")
    if parts.query or parts.fragment or parts.username:
        raise Stopped("--url has no user, ? or #; a key goes into --key.")
    return url.rstrip("/")
