"""Counters that start anew some time after their first count, in memory and bounded."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

MAX_WINDOWS = 50_000


class _Window(msgspec.Struct):
    used: int
    ends_at: float


class Windows:
    """Fixed windows: a bucket's window begins with its first count. Not for several threads."""

    def __init__(
        self, max_windows: int = MAX_WINDOWS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_windows = max_windows
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    def __len__(self) -> int:
        return len(self._windows)

    def add(self, bucket: str, seconds: float) -> tuple[int, float]:
        """Count one; the count so far and the seconds until it starts anew."""
        used, _ = self.get(bucket)
        if not used:
            self._make_room()
            self._windows[bucket] = _Window(0, self._clock() + seconds)
        window = self._windows[bucket]
        window.used += 1
        return window.used, window.ends_at - self._clock()

    def get(self, bucket: str) -> tuple[int, float]:
        """The count so far and the seconds until it starts anew; zeros if it has not begun."""
        window = self._windows.get(bucket)
        if window is None or window.ends_at <= self._clock():
            return 0, 0.0
        return window.used, window.ends_at - self._clock()

    def set(self, bucket: str, used: int, seconds: float) -> None:
        """Go on from what somebody else has counted."""
        if bucket not in self._windows:
            self._make_room()
        self._windows[bucket] = _Window(used, self._clock() + seconds)

    def _make_room(self) -> None:
        if len(self._windows) < self._max_windows:
            return
        now = self._clock()
        self._windows = {b: w for b, w in self._windows.items() if w.ends_at > now}
        # All still running: forget the oldest tenth, which ends first.
        for bucket in list(self._windows)[: len(self._windows) - self._max_windows * 9 // 10]:
            del self._windows[bucket]
