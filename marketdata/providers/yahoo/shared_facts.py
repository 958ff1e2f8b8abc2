"""Slow facts between processes: as bytes in the shared store, and who fetches which."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import msgspec

from marketdata.deadlines import Deadline
from marketdata.providers.yahoo.cache import Kept
from marketdata.providers.yahoo.kinds import Kind
from marketdata.sharing import SharedStore

# Longer than any fetch may take, in case its process dies.
CLAIM_MARGIN_SECONDS = 1.0


class SharedFacts:
    """The facts in `store`; those that another release wrote in another shape do not count."""

    def __init__(self, store: SharedStore) -> None:
        self._store = store

    def get_many(self, kind: Kind[Any], keys: Collection[str]) -> dict[str, Kept]:
        """What the cluster keeps of these, fresh or not."""
        values = self._store.get_many(_fact_key(kind, key) for key in keys)
        found = {}
        for key in keys:
            kept = _decode(kind, values.get(_fact_key(kind, key)))
            if kept is not None:
                found[key] = kept
        return found

    def put(self, kind: Kind[Any], key: str, kept: Kept) -> None:
        """Let the others have it, too."""
        value = msgspec.msgpack.encode(
            (kept.stored_at.timestamp(), kept.keep_seconds, msgspec.to_builtins(kept.value))
        )
        self._store.put(_fact_key(kind, key), value, kept.keep_seconds)

    def claim(self, kind: Kind[Any], key: str, deadline: Deadline) -> bool:
        """Whether this process is to fetch it; the others wait."""
        return self._store.claim(
            f"fetch:{kind.name}:{key}", deadline.remaining() + CLAIM_MARGIN_SECONDS
        )

    def release(self, kind: Kind[Any], key: str) -> None:
        """The end of a claim."""
        self._store.delete([f"fetch:{kind.name}:{key}"])


def _fact_key(kind: Kind[Any], key: str) -> str:
    return f"fact:{kind.name}:{key}"


def _decode(kind: Kind[Any], value: bytes | None) -> Kept | None:
    if value is None:
        return None
    try:
        stored_at, keep_seconds, raw = msgspec.msgpack.decode(value, type=tuple[float, float, Any])
        fact = None if raw is None else msgspec.convert(raw, kind.type)
        return Kept(fact, datetime.fromtimestamp(stored_at, UTC), keep_seconds)
    except (msgspec.DecodeError, ValueError, OverflowError, OSError):
        return None
