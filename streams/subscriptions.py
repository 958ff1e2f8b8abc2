"""What a client can ask for: an endpoint and its symbols, and the group that shares the answer."""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b

import msgspec

from marketdata.symbols import parse_symbols


class Endpoint(StrEnum):
    """The public endpoints."""

    PROFILE = "profile"
    QUOTES = "quotes"
    MARKET = "market"
    HOURS = "hours"


class Subscription(msgspec.Struct, frozen=True):
    """An endpoint and canonical symbols: equal requests give equal subscriptions."""

    endpoint: Endpoint
    symbols: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A text that `parse_key` turns back: `quotes:AAPL,MSFT`."""
        return f"{self.endpoint}:{','.join(self.symbols)}"

    @property
    def group(self) -> str:
        """The name of its channel-layer group; hashed, because names are short and ASCII."""
        digest = blake2b(self.key.encode(), digest_size=16).hexdigest()
        return f"streams.{self.endpoint}.{digest}"

    def shard(self, shards: int) -> int:
        """Which of so many shards, counted from 0, it belongs to: the same in every process."""
        digest = blake2b(self.key.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % shards


def parse_key(key: str) -> Subscription:
    """The subscription whose `key` this is.

    Raises ValueError for an unknown endpoint, InvalidSymbol for what is not a symbol.
    """
    endpoint, _, symbols = key.partition(":")
    return Subscription(Endpoint(endpoint), parse_symbols(symbols.split(",")))
