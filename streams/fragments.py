"""Fragments: parts of payloads, encoded once and used again as long as nothing in them changes."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

# A generation that has grown so large ends early.
MAX_FRAGMENTS = 50_000

_Entry = tuple[object, msgspec.Raw]


class Fragments:
    """What nobody used for a whole generation is forgotten: thousands of parts that take turns
    would push each other out of a cache that forgets the least recently used.

    Threads may share it: at worst two of them encode the same part.
    """

    def __init__(self, max_fragments: int = MAX_FRAGMENTS) -> None:
        self._max_fragments = max_fragments
        self._young: dict[str, _Entry] = {}
        self._old: dict[str, _Entry] = {}
        self._aged_at = 0.0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: str, source: object, make: Callable[[], object]) -> msgspec.Raw:
        """The JSON of what `make` gives, which depends on `source` alone."""
        entry = self._young.get(key)
        if entry is None:
            entry = self._old.get(key)
            if entry is not None and entry[0] == source:
                self._put(key, entry)
        if entry is None or entry[0] != source:
            entry = (source, msgspec.Raw(msgspec.json.encode(make())))
            self._put(key, entry)
        return entry[1]

    def age(self, now: float, generation_seconds: float) -> None:
        """Begin a new generation, if the present one is that old; `now` in Unix seconds."""
        if abs(now - self._aged_at) >= generation_seconds:
            self._aged_at = now
            self._begin_generation()

    def _begin_generation(self) -> None:
        self._old, self._young = self._young, {}

    def _put(self, key: str, entry: _Entry) -> None:
        if len(self._young) >= self._max_fragments:
            self._begin_generation()
        self._old.pop(key, None)
        self._young[key] = entry
