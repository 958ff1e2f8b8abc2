"""Time and chance as code that waits sees them, so that tests need not wait."""

from __future__ import annotations

import random
import time
from typing import Protocol


class Clock(Protocol):
    """Unix seconds, waiting, and a random wait between two bounds."""

    def time(self) -> float:
        """Unix seconds."""

    def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""

    def jitter(self, low: float, high: float) -> float:
        """Any number between the two, so that many who wait do not return together."""


class SystemClock:
    """The real ones."""

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def jitter(self, low: float, high: float) -> float:
        return random.uniform(low, high)


SYSTEM_CLOCK = SystemClock()
