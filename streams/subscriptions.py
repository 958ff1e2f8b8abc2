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

    def takes(self, symbols: int) -> bool:
        """Whether it can be asked for so many symbols."""
        if self is Endpoint.QUOTES:
            return True
        return symbols == (1 if self is Endpoint.PROFILE else 0)


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

    Raises ValueError for an unknown endpoint and for more or fewer symbols than the endpoint
    takes, InvalidSymbol for what is not a symbol.
    """
    name, _, texts = key.partition(":")
    endpoint, symbols = Endpoint(name), parse_symbols(texts.split(","))
    if not endpoint.takes(len(symbols)):
        raise ValueError(f"{endpoint} of {len(symbols)} symbols")
    return Subscription(endpoint, symbols)
