"""What is known about one Redis server; logs each change of it once."""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Literal

from .throttle import Throttle

logger = logging.getLogger(__name__)

Direction = Literal["publish", "subscribe"]

RETRY_SECONDS = 1.0


class LinkHealth:
    """One Redis server as this process sees it, in both directions, on all its event loops.

    It is lost as soon as one direction fails and back when none does. `on_change()` is called
    after each change, on the thread that noticed it.
    """

    def __init__(self, server: str, on_change: Callable[[], None]) -> None:
        self.server = server
        self.connected: bool | None = None  # None: not tried yet
        self.unpublished = 0
        self.subscriptions = 0
        # What the server answered with an error, and so is not shared with the other processes.
        self.refused = Throttle(
            logger, f"Redis {server} refuses what this process has to share; operations: %d"
        )
        # Subscribers of this process that look after the link, one per event loop.
        self.keepers = 0
        self._on_change = on_change
        self._failed: set[Direction] = set()
        self._lost_at = 0.0
        self._unpublished_before = 0
        self._retry_at = 0.0
        self._lock = threading.Lock()

    @property
    def can_publish(self) -> bool:
        """False spares the attempt: a keeper probes, or the next attempt is not due yet."""
        if "publish" not in self._failed:
            return True
        return not self.keepers and time.monotonic() >= self._retry_at

    @property
    def publish_failed(self) -> bool:
        return "publish" in self._failed

    def lost(self, direction: Direction, error: BaseException) -> None:
        """Note a failure; the first one of an outage is logged."""
        with self._lock:
            self._failed.add(direction)
            self._retry_at = time.monotonic() + RETRY_SECONDS * random.uniform(0.5, 1)
            if self.connected is False:
                return
            self.connected = False
            self._lost_at = time.monotonic()
            self._unpublished_before = self.unpublished
        logger.warning(
            "Redis %s is lost (%s): messages reach only the receivers in this process; "
            "subscriptions that wait to be restored: %d",
            self.server,
            str(error) or "no answer in time",
            self.subscriptions,
        )
        self._on_change()

    def restored(self, direction: Direction) -> None:
        """Note a success; the one that ends an outage is logged."""
        if self.connected and not self._failed:
            return
        with self._lock:
            self._failed.discard(direction)
            if self._failed or self.connected:
                return
            first_contact = self.connected is None
            self.connected = True
        if not first_contact:
            logger.info(
                "Redis %s is back after %.1f s; subscriptions restored: %d, "
                "messages that were not published: %d",
                self.server,
                time.monotonic() - self._lost_at,
                self.subscriptions,
                self.unpublished - self._unpublished_before,
            )
        self._on_change()
