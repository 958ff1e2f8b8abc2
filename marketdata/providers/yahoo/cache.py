"""A small store of values that stay fresh for a while: bounded, thread-safe, in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Any

import msgspec


class Kept(msgspec.Struct, frozen=True):
    """A value, which may well be None, and how long it is fresh."""

    value: Any
    stored_at: datetime
    fresh_for: timedelta

    def is_fresh(self, now: datetime) -> bool:
        # The distance, lest a clock that was set back keeps a value fresh for days.
        return abs(now - self.stored_at) < self.fresh_for


class FreshCache:
    """Keeps at most `max_entries` values, dropping those not used for longest."""

    def __init__(self, max_entries: int) -> None:
        self._max_entries = max_entries
        self._entries: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, now: datetime) -> Kept | None:
        """What is kept under `key` while it is fresh."""
        with self._lock:
            kept = self._entries.get(key)
            if kept is None:
                return None
            if not kept.is_fresh(now):
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return kept

    def put(self, key: Hashable, value: Any, now: datetime, fresh_seconds: float) -> None:
        with self._lock:
            self._entries[key] = Kept(value, now, timedelta(seconds=fresh_seconds))
            self._entries.move_to_end(key)
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)
