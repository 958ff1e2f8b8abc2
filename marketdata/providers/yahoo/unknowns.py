"""Symbols that Yahoo seems not to know: unknown after two misses, and asked again in a while."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from itertools import islice

import msgspec

MISSES_TO_BE_UNKNOWN = 2
UNKNOWN_SECONDS = 300.0
MAX_REMEMBERED = 20_000


class _Missed(msgspec.Struct):
    misses: int
    at: float


class Unknowns:
    """Who was missing from answers. Times are Unix seconds."""

    def __init__(self) -> None:
        self._missed: dict[str, _Missed] = {}
        self._lock = threading.Lock()

    def known(self, symbols: Iterable[str], now: float) -> list[str]:
        """Those of `symbols` that are worth asking for."""
        with self._lock:
            return [symbol for symbol in symbols if not self._is_unknown(symbol, now)]

    def missed(self, symbols: Collection[str], now: float) -> list[str]:
        """An answer lacked these; which of them should be asked for once more."""
        with self._lock:
            for symbol in symbols:
                # Put last, so that the first are those of long ago.
                missed = self._missed.pop(symbol, None) or _Missed(0, now)
                missed.misses, missed.at = missed.misses + 1, now
                self._missed[symbol] = missed
            for symbol in list(islice(self._missed, max(0, len(self._missed) - MAX_REMEMBERED))):
                del self._missed[symbol]
            return [s for s in symbols if not self._is_unknown(s, now)]

    def found(self, symbols: Iterable[str]) -> None:
        """These are known after all."""
        with self._lock:
            for symbol in symbols:
                self._missed.pop(symbol, None)

    def _is_unknown(self, symbol: str, now: float) -> bool:
        missed = self._missed.get(symbol)
        if missed is not None and abs(now - missed.at) >= UNKNOWN_SECONDS:
            del self._missed[symbol]
            return False
        return missed is not None and missed.misses >= MISSES_TO_BE_UNKNOWN
