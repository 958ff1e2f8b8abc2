"""How log lines look as JSON, and keeping logs readable while something is down for long."""

from __future__ import annotations

import logging
import time
from typing import Any

from pythonjsonlogger.json import JsonFormatter

QUIET_SECONDS = 60.0


class OncePerMinute(logging.Filter):
    """Lets the same message through once a minute, in one line and without its traceback.

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
        # Celery beat appends the stack that it is in, frame by frame.
        record.msg, record.args = record.getMessage().partition("\n")[0], ()
        return True


class JsonLines(JsonFormatter):
    """One JSON object a line, of these fields only: what libraries attach may hold secrets."""

    FIELDS = ("time", "level", "logger", "request_id", "message", "exc_info", "stack_info")

    def __init__(self) -> None:
        super().__init__(
            "{levelname}{name}{message}",
            style="{",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
        )

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {name: log_data[name] for name in self.FIELDS if name in log_data}
