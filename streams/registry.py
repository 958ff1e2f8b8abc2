"""The registry: which subscriptions have listeners, held by leases that expire by themselves."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Protocol

from streams.subscriptions import Subscription


class Registry(Protocol):
    """The leases: "there are listeners for this subscription until then". Times: Unix seconds."""

    def renew(self, subscriptions: Iterable[Subscription], now: float) -> None:
        """Take or prolong the leases of these."""

    def release(self, subscriptions: Iterable[Subscription]) -> None:
        """Give up the leases of these: nobody listens here any more."""

    def active(self, now: float) -> frozenset[Subscription]:
        """Every subscription whose lease has not expired."""


class MemoryRegistry:
    """The leases of a single process."""

    def __init__(self, lease_seconds: float) -> None:
        self._lease_seconds = lease_seconds
        self._expires_at: dict[Subscription, float] = {}
        self._lock = threading.Lock()

    def renew(self, subscriptions: Iterable[Subscription], now: float) -> None:
        with self._lock:
            self._expires_at.update(dict.fromkeys(subscriptions, now + self._lease_seconds))

    def release(self, subscriptions: Iterable[Subscription]) -> None:
        with self._lock:
            for subscription in subscriptions:
                self._expires_at.pop(subscription, None)

    def active(self, now: float) -> frozenset[Subscription]:
        with self._lock:
            expired = [s for s, expires_at in self._expires_at.items() if expires_at <= now]
            for subscription in expired:
                del self._expires_at[subscription]
            return frozenset(self._expires_at)
