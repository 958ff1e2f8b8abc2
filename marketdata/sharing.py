"""What the processes of a cluster share about a source: values with an end, claims, a budget.

The one here is shared by the threads of a process. A cluster's is given by whoever knows how
its processes reach one another; it offers the same and never fails, at worst it forgets.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from marketdata.clock import SYSTEM_CLOCK, Clock

MAX_ENTRIES = 10_000


class Bucket(msgspec.Struct, frozen=True):
    """A token bucket: `rate` tokens a second flow in until `burst` are in it."""

    name: str
    rate: float
    burst: float


class SharedStore(Protocol):
    """Where the processes meet. No method raises."""

    def get_many(self, keys: Iterable[str]) -> Mapping[str, bytes]:
        """The values of those keys that have one."""

    def put(self, key: str, value: bytes, ttl_seconds: float) -> None:
        """Keep a value for so long."""

    def delete(self, keys: Iterable[str]) -> None:
        """Forget these."""

    def claim(self, key: str, ttl_seconds: float) -> bool:
        """Whether nobody else holds the key; then the caller does, until it deletes it."""

    def take(self, bucket: Bucket, wanted: int, leave: float = 0.0) -> int:
        """Take up to `wanted` tokens as long as `leave` stay; how many were to be had.

        A negative `leave` runs up a debt that later takers wait for; a negative `wanted` gives
        tokens back.
        """

    def level(self, bucket: Bucket) -> float:
        """How many tokens are in it."""


class MemoryStore:
    """Shared by the threads of this process; the oldest entries make room for new ones."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK, max_entries: int = MAX_ENTRIES) -> None:
        self._clock = clock
        self._max_entries = max_entries
        self._entries: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def get_many(self, keys: Iterable[str]) -> Mapping[str, bytes]:
        now = self._clock.time()
        with self._lock:
            entries = [(key, self._entries.get(key)) for key in keys]
        return {key: entry[0] for key, entry in entries if entry and entry[1] > now}

    def put(self, key: str, value: bytes, ttl_seconds: float) -> None:
        with self._lock:
            self._put(key, value, ttl_seconds)

    def delete(self, keys: Iterable[str]) -> None:
        with self._lock:
            for key in keys:
                self._entries.pop(key, None)

    def claim(self, key: str, ttl_seconds: float) -> bool:
        with self._lock:
            if key in self._entries and self._entries[key][1] > self._clock.time():
                return False
            self._put(key, b"", ttl_seconds)
            return True

    def take(self, bucket: Bucket, wanted: int, leave: float = 0.0) -> int:
        with self._lock:
            level = self._refilled(bucket)
            granted = min(wanted, max(0, int(level - leave)))
            self._levels[bucket.name] = (level - granted, self._clock.time())
        return granted

    def level(self, bucket: Bucket) -> float:
        with self._lock:
            return self._refilled(bucket)

    def _put(self, key: str, value: bytes, ttl_seconds: float) -> None:
        self._entries[key] = (value, self._clock.time() + ttl_seconds)
        self._entries.move_to_end(key)
        while len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def _refilled(self, bucket: Bucket) -> float:
        now = self._clock.time()
        level, at = self._levels.get(bucket.name, (bucket.burst, now))
        return min(bucket.burst, level + max(0.0, now - at) * bucket.rate)
