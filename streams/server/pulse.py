"""Pings for the quiet: connections that nothing was sent to for a while.

Dead peers of the others are noticed by the kernel, because what was sent is not acknowledged.
"""

import math
from typing import Protocol


class Pulsing(Protocol):
    def pulse(self) -> None: ...


class Pulse:
    """Everybody has a turn once in `interval_seconds`, in buckets of one second each."""

    def __init__(self, interval_seconds: float) -> None:
        self._buckets: list[set[Pulsing]] = [
            set() for _ in range(max(1, math.ceil(interval_seconds)))
        ]
        self._turn = 0

    def join(self, connection: Pulsing) -> set[Pulsing]:
        """Returns the bucket to leave at the end. Its first turn comes after a whole interval."""
        bucket = self._buckets[self._turn]
        bucket.add(connection)
        return bucket

    def beat(self) -> None:
        """To be called once a second."""
        self._turn = (self._turn + 1) % len(self._buckets)
        for connection in list(self._buckets[self._turn]):
            connection.pulse()
