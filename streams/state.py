"""What refreshes share: leases, snapshots, quotes, claims and what providers tell one another."""

from __future__ import annotations

import msgspec

from marketdata.sharing import MemoryStore, SharedStore
from streams.claims import Claims, MemoryClaims, RedisClaims
from streams.quotes import MemoryRecentQuotes, RecentQuotes, RedisRecentQuotes
from streams.registry import MemoryRegistry, RedisRegistry, Registry
from streams.shared_state import SharedState
from streams.shared_store import RedisStore
from streams.snapshots import MemorySnapshots, RedisSnapshots, Snapshots

# A killed process's subscriptions vanish after this many ticks; leases are renewed every tick.
LEASE_TICKS = 3
# How long quotes and snapshots are kept; none is used after more than one tick.
KEEP_TICKS = 2


class State(msgspec.Struct, frozen=True):
    """The five stores, all in memory or all in Redis."""

    registry: Registry
    snapshots: Snapshots
    quotes: RecentQuotes
    claims: Claims
    source: SharedStore


def memory_state(interval_seconds: float) -> State:
    """The state of a process that shares with nobody."""
    return State(
        MemoryRegistry(LEASE_TICKS * interval_seconds),
        MemorySnapshots(KEEP_TICKS * interval_seconds),
        MemoryRecentQuotes(KEEP_TICKS * interval_seconds),
        MemoryClaims(),
        MemoryStore(),
    )


def redis_state(shared: SharedState, prefix: str, interval_seconds: float) -> State:
    """The state of a cluster; `prefix` begins every key."""
    return State(
        RedisRegistry(shared, prefix, LEASE_TICKS * interval_seconds),
        RedisSnapshots(shared, prefix, KEEP_TICKS * interval_seconds),
        RedisRecentQuotes(shared, prefix, interval_seconds),
        RedisClaims(shared, prefix, interval_seconds),
        RedisStore(shared, prefix),
    )
