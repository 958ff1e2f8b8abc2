"""Which request, or which WebSocket from its handshake on, a line of the log is about.

Who serves gives each an id; it is in the context of the application's task, and so in every
line that is written there.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable
from contextvars import ContextVar

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")

_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{8,64}")


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The X-Request-ID that a proxy in front gave it, so that its log fits ours; or a new one."""
    for name, value in headers:
        if name == b"x-request-id" and _WELL_FORMED.fullmatch(value):
            return value.decode("ascii")
    return secrets.token_hex(6)


class WithRequestId(logging.Filter):
    """Gives each record its `request_id`, if there is one, and `[id] ` before plain messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        request_id = getattr(record, "request_id", "") or REQUEST_ID.get()
        if request_id:
            record.request_id = request_id
        record.about = f"[{request_id}] " if request_id else ""
        return True
