"""Until when work may take: one deadline is handed down from the tick to every call it makes."""

from __future__ import annotations

import time

import msgspec

from marketdata.errors import DeadlineExceeded


class Deadline(msgspec.Struct, frozen=True):
    """A point on the monotonic clock after which an answer is of no use."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left; never negative."""
        return max(0.0, self.at - time.monotonic())

    def require(self, what: str) -> float:
        """Seconds left, or DeadlineExceeded naming `what` when there are none."""
        seconds = self.remaining()
        if seconds <= 0:
            raise DeadlineExceeded(f"no time left for {what}")
        return seconds
