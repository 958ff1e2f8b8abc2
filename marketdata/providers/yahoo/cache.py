"""A small store of values for as long as they may be used: bounded, thread-safe, in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime
from typing import Any

import msgspec


class Kept(msgspec.Struct, frozen=True):
    """A value, which may well be None, when it was fetched and for how long it is kept."""

    value: Any
    stored_at: datetime
    keep_seconds: float

    def age_seconds(self, now: datetime) -> float:
        # The distance, lest a clock that was set back keeps a value fresh for days.
        return abs((now - self.stored_at).total_seconds())


class FactCache:
    """Keeps at most `max_entries` values, dropping those not used for longest."""

    def __init__(self, max_entries: int) -> None:
        self._max_entries = max_entries
        self._entries: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, now: datetime) -> Kept | None:
        """What is kept under `key`."""
        with self._lock:
            kept = self._entries.get(key)
            if kept is None:
                return None
            if kept.age_seconds(now) >= kept.keep_seconds:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return kept

    def put(self, key: Hashable, kept: Kept) -> None:
        with self._lock:
            self._entries[key] = kept
            self._entries.move_to_end(key)
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)
