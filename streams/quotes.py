"""The quotes fetched lately, so that no symbol is fetched twice within a tick."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec
from redis.asyncio import Redis

from marketdata.domain.quote import SimpleQuote
from streams.layers import RedisUnavailable
from streams.shared_state import SharedState

# None stands for a symbol that the provider does not know: that need not be asked again either.
KnownQuotes = Mapping[str, SimpleQuote | None]

_DECODER = msgspec.msgpack.Decoder(tuple[float, SimpleQuote | None])


class RecentQuotes(Protocol):
    """Where fetched quotes are kept for a tick. Times are Unix seconds."""

    def get(self, symbols: Iterable[str], not_before: float) -> KnownQuotes:
        """Those of `symbols` fetched at `not_before` or later, and not in the future either."""

    def put(self, quotes: KnownQuotes, fetched_at: float) -> None:
        """Keep them for the others of this tick."""


class MemoryRecentQuotes:
    """The quotes this process fetched; those older than `keep_seconds` are dropped."""

    def __init__(self, keep_seconds: float) -> None:
        self._keep_seconds = keep_seconds
        self._quotes: dict[str, tuple[float, SimpleQuote | None]] = {}
        self._swept_at = 0.0
        self._lock = threading.Lock()

    def get(self, symbols: Iterable[str], not_before: float) -> KnownQuotes:
        with self._lock:
            kept = {s: self._quotes[s] for s in symbols if s in self._quotes}
        # Beyond that, the clock was set back since, and nobody knows how old the quote is.
        not_after = not_before + self._keep_seconds
        return {s: quote for s, (at, quote) in kept.items() if not_before <= at <= not_after}

    def put(self, quotes: KnownQuotes, fetched_at: float) -> None:
        with self._lock:
            self._quotes.update({s: (fetched_at, quote) for s, quote in quotes.items()})
            # Now and then only: many may be kept, and a few put at a time.
            if self._is_far(self._swept_at, fetched_at):
                self._swept_at = fetched_at
                for symbol in [
                    s for s, (at, _) in self._quotes.items() if self._is_far(at, fetched_at)
                ]:
                    del self._quotes[symbol]

    def _is_far(self, fetched_at: float, now: float) -> bool:
        return abs(fetched_at - now) > self._keep_seconds


class RedisRecentQuotes:
    """The quotes the cluster fetched: a hash for each tick, from symbol to time and quote.

    What this process fetched itself it knows also without Redis.
    """

    def __init__(self, shared: SharedState, prefix: str, tick_seconds: float) -> None:
        self._shared = shared
        self._prefix = prefix
        self._tick_seconds = tick_seconds
        self._own = MemoryRecentQuotes(2 * tick_seconds)

    def get(self, symbols: Iterable[str], not_before: float) -> KnownQuotes:
        symbols = frozenset(symbols)
        known = dict(self._own.get(symbols, not_before))
        missing = sorted(symbols - known.keys())
        if missing:
            known.update(self._get_shared(missing, not_before))
        return known

    def put(self, quotes: KnownQuotes, fetched_at: float) -> None:
        self._own.put(quotes, fetched_at)
        key = self._key(fetched_at)
        values = {s: v for s, quote in quotes.items() if (v := _encode(fetched_at, quote))}

        async def put(redis: Redis) -> None:
            pipeline = redis.pipeline(transaction=False)
            pipeline.hset(key, mapping=values)
            pipeline.pexpire(key, round(2000 * self._tick_seconds))
            await pipeline.execute()

        if values:
            with contextlib.suppress(RedisUnavailable):
                self._shared.run(put)

    def _get_shared(self, symbols: list[str], not_before: float) -> KnownQuotes:
        # What is new enough was put into the hash of that time's tick or of the next.
        keys = [self._key(not_before), self._key(not_before + self._tick_seconds)]

        async def get(redis: Redis) -> list[list[bytes | None]]:
            pipeline = redis.pipeline(transaction=False)
            for key in keys:
                pipeline.hmget(key, symbols)
            return list(await pipeline.execute())

        try:
            answers = self._shared.run(get)
        except RedisUnavailable:
            return {}
        known: dict[str, SimpleQuote | None] = {}
        for values in answers:
            for symbol, value in zip(symbols, values, strict=True):
                fetched_at, quote = _parse(value)
                if fetched_at >= not_before:
                    known[symbol] = quote
        return known

    def _key(self, at: float) -> str:
        return f"{self._prefix}:quotes:{int(at // self._tick_seconds)}"


def _encode(fetched_at: float, quote: SimpleQuote | None) -> bytes:
    """Nothing for a quote with nonsense in it; that is the provider's, and no quote for others."""
    try:
        return msgspec.msgpack.encode((fetched_at, quote))
    except (TypeError, ValueError, OverflowError):
        return b""


def _parse(value: bytes | None) -> tuple[float, SimpleQuote | None]:
    """When it was fetched, and the quote; long ago for what another release has written."""
    if not value:
        return 0.0, None
    try:
        return _DECODER.decode(value)
    except msgspec.DecodeError:
        return 0.0, None
