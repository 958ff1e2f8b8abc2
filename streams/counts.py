"""What one process counts about its own work: plain numbers, added to where things happen.

Nobody is told and nothing is locked: whoever wants to know reads them (`streams.monitoring`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable

# A tick takes milliseconds, or as long as a source that does not answer may take.
TICK_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# A tick is late when the event loop is busy.
LATENESS_BOUNDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)

# Clients may send any of two thousand codes; these have a count of their own.
NAMED_CODES = frozenset(
    {1000, 1001, 1002, 1005, 1006, 1007, 1009, 1011, 1012, 4401, 4408, 4410, 4413, 4429}
)


# Why handshakes are refused that get as far as an application.
REFUSALS = (
    "missing_key",
    "invalid_key",
    "endpoint_not_allowed",
    "over_quota",
    "too_many_connections",
    "too_many_handshakes",
    "unavailable",
    "not_found",
)


class Sent:
    """What went out to the clients of one endpoint. Added to for every message: see `Outbox`."""

    __slots__ = ("bytes", "messages", "replaced")

    def __init__(self) -> None:
        self.messages = 0
        self.bytes = 0
        # Kept for a slow client, and overtaken by a newer one before it could be sent.
        self.replaced = 0


class Histogram:
    """How many observations fell between two bounds; the last number is of those above all."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.numbers = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self.numbers[bisect_left(self.bounds, value)] += 1
        self.sum += value


class Counts:
    """One process's, since it began. What is known to come begins at 0 instead of being absent."""

    def __init__(self, endpoints: Iterable[str] = ()) -> None:
        endpoints = tuple(endpoints)
        self.sent = defaultdict(Sent, {endpoint: Sent() for endpoint in endpoints})
        self.connections = Counter(dict.fromkeys(endpoints, 0))
        self.accepted = Counter(dict.fromkeys(endpoints, 0))
        self.closed = Counter({str(code): 0 for code in sorted(NAMED_CODES)})
        self.refused = Counter(dict.fromkeys(REFUSALS, 0))
        self.application_errors = 0
        self.ticks: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(TICK_BOUNDS))
        self.failed_ticks = 0
        self.lateness = Histogram(LATENESS_BOUNDS)
        self.takeovers = Counter({"cluster": 0, "own": 0})
        self.helped = 0
        self.fetches: Counter[tuple[str, str]] = Counter()

    def opened(self, endpoint: str) -> None:
        """A WebSocket was accepted."""
        self.accepted[endpoint] += 1
        self.connections[endpoint] += 1

    def ended(self, endpoint: str, code: int) -> None:
        """The end of an `opened`, with the close code that its application was told."""
        self.connections[endpoint] -= 1
        self.closed[str(code) if code in NAMED_CODES else "other"] += 1
