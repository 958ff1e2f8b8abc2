"""Newcomers: symbols of which no answer has come yet, those that wait longest first.

Anybody can name any number of symbols that do not exist. So newcomers are asked for in calls of
their own, which have a part of the budget (see `budget`), and only so many are remembered.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import msgspec

MAX_REMEMBERED = 20_000


class _Newcomer(msgspec.Struct):
    since: float
    asked_at: float = 0.0


class Newcomers:
    """Who waits since when. Times are Unix seconds."""

    def __init__(self, max_remembered: int = MAX_REMEMBERED) -> None:
        self._max_remembered = max_remembered
        # The one not wanted for the longest is first.
        self._waiting: OrderedDict[str, _Newcomer] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def queue(self, symbols: Iterable[str], now: float) -> list[str]:
        """These in the order in which they should be asked for; not those asked for just now."""
        with self._lock:
            waiting = {symbol: self._wanted(symbol, now) for symbol in symbols}
            while len(self._waiting) > self._max_remembered:
                self._waiting.popitem(last=False)
        queue = [symbol for symbol, newcomer in waiting.items() if newcomer.asked_at != now]
        return sorted(queue, key=lambda s: (waiting[s].asked_at, waiting[s].since))

    def asked(self, symbols: Sequence[str], now: float) -> None:
        """These go behind the others now."""
        with self._lock:
            for symbol in symbols:
                if newcomer := self._waiting.get(symbol):
                    newcomer.asked_at = now

    def forget(self, symbols: Iterable[str]) -> None:
        """These are known now, or known to be unknown."""
        with self._lock:
            for symbol in symbols:
                self._waiting.pop(symbol, None)

    def _wanted(self, symbol: str, now: float) -> _Newcomer:
        newcomer = self._waiting.setdefault(symbol, _Newcomer(now))
        self._waiting.move_to_end(symbol)
        return newcomer
