"""A warning that may have a thousand causes a second, logged once a minute with their number."""

import logging
import time


class Throttle:
    """Counts events; logs `template` (one %d: the number since the last line) once a minute.

    The first event is logged at once, so that a fault shows when it begins.
    """

    def __init__(self, logger: logging.Logger, template: str, seconds: float = 60.0) -> None:
        self.total = 0
        self._logger = logger
        self._template = template
        self._seconds = seconds
        self._logged_total = 0
        self._next_at = 0.0

    def count(self, detail: str = "") -> None:
        """Count one event; `detail` describes it and is part of the line if one is written."""
        self.total += 1
        now = time.monotonic()
        if now < self._next_at:
            return
        self._next_at = now + self._seconds
        new = self.total - self._logged_total
        self._logged_total = self.total
        self._logger.warning(f"{self._template}%s", new, f" ({detail})" if detail else "")
