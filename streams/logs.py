"""Keeping logs readable while something is down for long."""

from __future__ import annotations

import logging
import time

QUIET_SECONDS = 60.0


class OncePerMinute(logging.Filter):
    """Lets the same message through once a minute, without its traceback.

    For libraries that report a lost connection at every attempt. Messages are the same when
    they come from the same line of code.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said_at: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        place = (record.pathname, record.lineno)
        now = time.monotonic()
        if now - self._said_at.get(place, -QUIET_SECONDS) < QUIET_SECONDS:
            return False
        self._said_at[place] = now
        record.exc_info = record.exc_text = None
        return True
