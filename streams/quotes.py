"""The quotes fetched lately, so that no symbol is fetched twice within a tick."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Protocol

from marketdata.domain.quote import SimpleQuote

# None stands for a symbol that the provider does not know: that need not be asked again either.
KnownQuotes = Mapping[str, SimpleQuote | None]


class RecentQuotes(Protocol):
    """Where fetched quotes are kept for a tick. Times are Unix seconds."""

    def get(self, symbols: Iterable[str], not_before: float) -> KnownQuotes:
        """Those of `symbols` fetched at `not_before` or later."""

    def put(self, quotes: KnownQuotes, fetched_at: float) -> None:
        """Keep them for the others of this tick."""


class MemoryRecentQuotes:
    """The quotes this process fetched; those older than `keep_seconds` are dropped."""

    def __init__(self, keep_seconds: float) -> None:
        self._keep_seconds = keep_seconds
        self._quotes: dict[str, tuple[float, SimpleQuote | None]] = {}
        self._lock = threading.Lock()

    def get(self, symbols: Iterable[str], not_before: float) -> KnownQuotes:
        with self._lock:
            kept = {s: self._quotes[s] for s in symbols if s in self._quotes}
        return {s: quote for s, (fetched_at, quote) in kept.items() if fetched_at >= not_before}

    def put(self, quotes: KnownQuotes, fetched_at: float) -> None:
        oldest = fetched_at - self._keep_seconds
        with self._lock:
            self._quotes.update({s: (fetched_at, quote) for s, quote in quotes.items()})
            for symbol in [s for s, (at, _) in self._quotes.items() if at < oldest]:
                del self._quotes[symbol]
