"""Outages: each kind of data that fails is logged once when that begins and once when it ends."""

from __future__ import annotations

import logging
import time

from marketdata.providers.base import Batch

logger = logging.getLogger(__name__)


class Outages:
    """Says once that a kind of data fails, and once that it is back."""

    def __init__(self) -> None:
        # What fails, why that began, and when it was seen last.
        self._failing: dict[str, tuple[str, float]] = {}

    def failing(self, seconds: float) -> dict[str, str]:
        """What has failed within this time, each with the reason it began with.

        What nobody asks for any more neither fails nor comes back.
        """
        since = time.monotonic() - seconds
        return {what: why for what, (why, at) in tuple(self._failing.items()) if at >= since}

    def look_at(self, what: str, result: object) -> None:
        """A call succeeded, though a batch may still lack some symbols."""
        failed = result.failed if isinstance(result, Batch) else {}
        if failed:
            symbol, error = next(iter(failed.items()))
            self.began(what, f"{len(failed)} symbols failed, {symbol} with: {error}")
        elif what in self._failing:
            self._failing.pop(what, None)
            logger.info("%s are back", what.capitalize())

    def began(self, what: str, why: str) -> bool:
        """True when that is news, and now said."""
        present = self._failing.get(what)
        self._failing[what] = (present[0] if present else why, time.monotonic())
        if present:
            return False
        logger.warning("No %s for now: %s", what, why)
        return True
