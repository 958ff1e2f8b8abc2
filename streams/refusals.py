"""Handshakes that are refused: the answer, and what the log says of it.

Errors: `Refused` (the client's fault below 500, ours from there; some say when to come back).
"""

from __future__ import annotations

import logging
import math
import time

logger = logging.getLogger(__name__)

QUIET_SECONDS = 10.0


class Refused(Exception):
    """The handshake is answered with this HTTP status. `detail` is for the log only."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        retry_seconds: float | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_seconds = retry_seconds
        self.detail = detail

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Of the HTTP answer."""
        headers = []
        if self.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        if self.retry_seconds is not None:
            headers.append((b"retry-after", b"%d" % max(1, math.ceil(self.retry_seconds))))
        return headers


def unauthorized(code: str, message: str, detail: str = "") -> Refused:
    """401: who this is cannot be told."""
    return Refused(401, code, message, detail=detail)


class RefusalLog:
    """One line per kind of refusal every few seconds, with their number: a flood is no novel."""

    def __init__(self) -> None:
        self._unsaid: dict[str, int] = {}
        self._quiet_until: dict[str, float] = {}

    def add(self, refused: Refused, address: str | None) -> None:
        number = self._unsaid[refused.code] = self._unsaid.get(refused.code, 0) + 1
        now = time.monotonic()
        if now < self._quiet_until.get(refused.code, 0):
            return
        self._quiet_until[refused.code] = now + QUIET_SECONDS
        self._unsaid[refused.code] = 0
        detail = f" ({refused.detail})" if refused.detail else ""
        logger.warning(
            "Handshakes refused with %d %s: %d, the last from %s%s",
            refused.status,
            refused.code,
            number,
            address,
            detail,
        )
