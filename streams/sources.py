"""Who refreshes what is heard here: each change is said once, and takeovers are counted."""

from __future__ import annotations

import logging

from streams.claims import CELERY, LOCAL, TAKEOVER
from streams.counts import Counts

logger = logging.getLogger(__name__)

# The source of what one process hands to its own late listeners; no change of who refreshes.
HELP = "help"

TEXTS = {
    (CELERY, False): "the Celery worker",
    (TAKEOVER, True): "this process, for the whole cluster",
    (TAKEOVER, False): "another web process, for the whole cluster",
    (LOCAL, True): "this process, for its own clients",
}


class Sources:
    """What one process knows of who refreshes for it."""

    def __init__(self, counts: Counts, *, is_shared: bool) -> None:
        self.text = ""
        self._counts = counts
        self._is_shared = is_shared

    def heard(self, source: str, *, is_mine: bool) -> None:
        """A payload came from this source."""
        if source == HELP:
            return
        text = TEXTS.get((source, is_mine), "another web process, for its own clients")
        if text == self.text:
            return
        self.text = text
        logger.info("Data is refreshed by %s", text)
        # A process alone never takes anything over.
        if is_mine and self._is_shared:
            self._counts.takeovers["cluster" if source == TAKEOVER else "own"] += 1
