"""Pauses of single keys: what fails again and again, a symbol say, is asked for ever less often."""

from __future__ import annotations

import threading
from collections import OrderedDict

import msgspec

from marketdata.clock import Clock
from marketdata.errors import Reason, SourcePaused
from marketdata.providers.yahoo.breakers import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS

MAX_REMEMBERED = 10_000


class _KeyPause(msgspec.Struct, frozen=True):
    until: float
    seconds: float
    reason: Reason


class KeyPauses:
    """The keys that failed last time, in this process; the oldest make room for new ones."""

    def __init__(self, clock: Clock, max_remembered: int = MAX_REMEMBERED) -> None:
        self._clock = clock
        self._max_remembered = max_remembered
        self._pauses: OrderedDict[tuple[str, str], _KeyPause] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._pauses)

    def has_failed(self, group: str, key: str) -> bool:
        """Whether the last try failed."""
        return (group, key) in self._pauses

    def check(self, group: str, key: str) -> None:
        """Raises SourcePaused when it is too early for another try."""
        pause = self._pauses.get((group, key))
        if pause is not None and self._clock.time() < pause.until:
            raise SourcePaused(f"{group}: {key} is not asked for after failures", pause.reason)

    def failed(self, group: str, key: str, reason: Reason) -> None:
        """Another pause, twice as long as the last."""
        with self._lock:
            last = self._pauses.pop((group, key), None)
            seconds = min(2 * last.seconds, LONGEST_PAUSE_SECONDS) if last else FIRST_PAUSE_SECONDS
            self._pauses[group, key] = _KeyPause(self._clock.time() + seconds, seconds, reason)
            while len(self._pauses) > self._max_remembered:
                self._pauses.popitem(last=False)

    def succeeded(self, group: str, key: str) -> None:
        """All is well with it."""
        with self._lock:
            self._pauses.pop((group, key), None)
