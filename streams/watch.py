"""The watch: when this process must refresh because nobody else does. Pure; the caller has a clock.

A shard is a part of the cluster's subscriptions that is refreshed together. Times are seconds on
any monotonic clock.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

# Others have this long to bring the next update before this process steps in.
PATIENCE_TICKS = 1.5
# A listener that heard nothing for this long is helped, whoever refreshes its shard.
LATE_TICKS = 2.0
# Ticks are never so punctual that they should be compared exactly.
TOLERANCE_TICKS = 0.125


class _ShardState(msgspec.Struct):
    updated_at: float
    is_led: bool


class Watch:
    """What one process knows of the shards that its listeners need.

    A process that shares with nobody (`is_shared` False) leads every shard all the time.
    """

    def __init__(self, interval_seconds: float, *, is_shared: bool) -> None:
        self._interval_seconds = interval_seconds
        self._is_shared = is_shared
        self._shards: dict[int, _ShardState] = {}

    def keep(self, shards: Collection[int], now: float) -> None:
        """These are the shards with listeners here; new ones get their first tick from now."""
        self._shards = {
            shard: self._shards.get(shard) or _ShardState(now, not self._is_shared)
            for shard in shards
        }

    def due(self, now: float) -> set[int]:
        """The shards that this process should refresh, or try to."""
        return {shard for shard, state in self._shards.items() if self._is_due(state, now)}

    def led(self, shard: int, now: float) -> None:
        """This process refreshed the shard, and goes on doing so every tick."""
        self._shards[shard] = _ShardState(now, is_led=True)

    def heard(self, shard: int, now: float) -> None:
        """Somebody else's refresh of the shard arrived: this process need not."""
        self._shards[shard] = _ShardState(now, is_led=not self._is_shared)

    def refused(self, shard: int) -> None:
        """Somebody else has the right to refresh the shard; the wait for them goes on."""
        if state := self._shards.get(shard):
            state.is_led = False

    def is_late(self, heard_at: float, now: float) -> bool:
        """Whether a listener last heard from at `heard_at` should be helped."""
        return self._is_shared and now - heard_at >= LATE_TICKS * self._interval_seconds

    def _is_due(self, state: _ShardState, now: float) -> bool:
        ticks = 1 - TOLERANCE_TICKS if state.is_led else PATIENCE_TICKS
        return now - state.updated_at >= ticks * self._interval_seconds
