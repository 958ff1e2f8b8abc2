"""Clients and providers for tests: pointed at a local Yahoo, and with a clock that jumps."""

from __future__ import annotations

import threading
from typing import Any

from marketdata.clock import Clock
from marketdata.providers.yahoo.client import YahooClient
from marketdata.providers.yahoo.options import YahooOptions
from marketdata.providers.yahoo.provider import YahooProvider
from marketdata.sharing import SharedStore
from tests.marketdata.yahoo.server import FakeYahoo

# For tests that are about something else than the budget.
PLENTY: dict[str, Any] = {"requests_per_second": 1000.0, "burst": 1000}


class FakeClock:
    """Stands still unless somebody sleeps; jitter is always the longest."""

    def __init__(self, at: float = 1_772_463_600.0) -> None:
        self._at = at
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def time(self) -> float:
        return self._at

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._at += seconds

    def pass_by(self, seconds: float) -> None:
        """Time goes by without anybody having slept."""
        with self._lock:
            self._at += seconds

    def jitter(self, low: float, high: float) -> float:
        return high


def make_options(yahoo: FakeYahoo, **options: Any) -> YahooOptions:
    return YahooOptions(**{"base_url": yahoo.url, **PLENTY, **options})


def make_client(yahoo: FakeYahoo, **options: Any) -> YahooClient:
    return YahooClient(make_options(yahoo, **options))


def make_provider(
    yahoo: FakeYahoo,
    clock: Clock | None = None,
    store: SharedStore | None = None,
    **options: Any,
) -> YahooProvider:
    return YahooProvider(make_options(yahoo, **options), store, clock or FakeClock())
