"""What clients name: how many different symbols, and sets of them, within an hour.

What nobody has named before has to be fetched, encoded and kept, so that somebody who names ever
new ones costs everybody. Counted in this process alone, by key or address; names already counted
may be named as often as one likes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import msgspec

from streams.protocol import ClientError
from streams.subscriptions import Subscription

logger = logging.getLogger(__name__)

HOUR_SECONDS = 3600.0
# So many are remembered of all clients together; whose hour began first is forgotten for others.
MAX_NAMES = 1_000_000


class _Hour(msgspec.Struct):
    ends_at: float
    symbols: set[str]
    # Of sets only the hashes: they may be long.
    sets: set[int]
    is_said: bool = False

    def __len__(self) -> int:
        return len(self.symbols) + len(self.sets)


class Names:
    """Of each client, what it has named since its hour began."""

    def __init__(
        self,
        limit: int,
        max_names: int = MAX_NAMES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._max_names = max_names
        self._clock = clock
        # The one that began first is first.
        self._hours: dict[str, _Hour] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, client: str, subscription: Subscription) -> None:
        """Count what is new in it. Raises ClientError, and counts nothing, beyond the limit."""
        hour = self._hour_of(client)
        new = [symbol for symbol in subscription.symbols if symbol not in hour.symbols]
        name = hash(subscription)
        is_new = name not in hour.sets
        if len(hour.symbols) + len(new) > self._limit or len(hour.sets) + is_new > self._limit:
            self._say(client, hour)
            raise ClientError(
                "too_many_new_symbols",
                f"Name {self._limit} different symbols, or sets of them, in an hour at most.",
            )
        hour.symbols.update(new)
        hour.sets.add(name)
        self._count += len(new) + is_new
        while self._count > self._max_names and len(self._hours) > 1:
            self._forget(next(iter(self._hours)))

    def _say(self, client: str, hour: _Hour) -> None:
        if not hour.is_said:
            logger.warning(
                "%s names more than %d symbols, or sets of them, in an hour", client, self._limit
            )
        hour.is_said = True

    def _hour_of(self, client: str) -> _Hour:
        hour = self._hours.get(client)
        if hour is not None and hour.ends_at > self._clock():
            return hour
        if hour is not None:
            self._forget(client)
        self._forget_ended()
        hour = self._hours[client] = _Hour(self._clock() + HOUR_SECONDS, set(), set())
        return hour

    def _forget_ended(self) -> None:
        while self._hours:
            client, hour = next(iter(self._hours.items()))
            if hour.ends_at > self._clock():
                return
            self._forget(client)

    def _forget(self, client: str) -> None:
        self._count -= len(self._hours.pop(client))
