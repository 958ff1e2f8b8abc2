"""Outages: each kind of data that fails is logged once when that begins and once when it ends."""

from __future__ import annotations

import logging

from marketdata.providers.base import Batch

logger = logging.getLogger(__name__)


class Outages:
    """Says once that a kind of data fails, and once that it is back."""

    def __init__(self) -> None:
        # What fails at present, and why, as it was when that began.
        self._failing: dict[str, str] = {}

    @property
    def failing(self) -> dict[str, str]:
        """The kinds of data that fail at present, each with the reason it began with."""
        return dict(self._failing)

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
        if what in self._failing:
            return False
        self._failing[what] = why
        logger.warning("No %s for now: %s", what, why)
        return True
