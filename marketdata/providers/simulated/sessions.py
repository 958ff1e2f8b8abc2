"""Which session the US stock market is in, by the New York clock alone: no holidays."""

from __future__ import annotations

from datetime import datetime, time
from enum import Enum
from zoneinfo import ZoneInfo

_NEW_YORK = ZoneInfo("America/New_York")
_SATURDAY = 5


class Session(Enum):
    PRE_MARKET = "pre-market"
    OPEN = "open"
    AFTER_HOURS = "after-hours"
    CLOSED = "closed"


_BEGINNINGS = (
    (time(20), Session.CLOSED),
    (time(16), Session.AFTER_HOURS),
    (time(9, 30), Session.OPEN),
    (time(4), Session.PRE_MARKET),
)


def get_session(now: datetime) -> Session:
    local = now.astimezone(_NEW_YORK)
    if local.weekday() >= _SATURDAY:
        return Session.CLOSED
    for begins_at, session in _BEGINNINGS:
        if local.time() >= begins_at:
            return session
    return Session.CLOSED
