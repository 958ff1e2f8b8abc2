"""The caching policy: how long each kind of slow fact is fresh, and how long it may stand in.

`fresh_seconds` may pass before a fact is fetched again (`closed_seconds` while the market is
closed); when that fails, it is still shown until it is `stale_seconds` old. Quotes are no slow
facts: they are fetched every tick and never stand in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from marketdata.deadlines import Deadline
from marketdata.domain.movers import Mover
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, Returns
from marketdata.domain.sectors import Sector
from marketdata.hours import get_session
from marketdata.providers.yahoo.endpoints import YahooEndpoints

T = TypeVar("T")

MINUTE = 60.0
HOUR = 3600.0
# How many of the world's indices are asked for their returns in a tick.
RETURNS_PER_CALL = 4


class Kind(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A kind of slow fact. `type` is what `fetch` gives; `groups` are the breakers it needs."""

    name: str
    type: Any
    groups: tuple[str, ...]
    fresh_seconds: float
    closed_seconds: float
    stale_seconds: float
    fetch: Callable[[str, Deadline], T]
    per_call: int = 1_000_000

    def fresh_for(self, now: datetime) -> float:
        """Seconds that a fact is fresh at this time of the day."""
        return self.closed_seconds if get_session(now) == "closed" else self.fresh_seconds


class Kinds:
    """Every kind there is."""

    def __init__(self, fetch: YahooEndpoints) -> None:
        self.details: Kind[QuoteDetail] = Kind(
            name="detail",
            type=QuoteDetail,
            groups=("details",),
            fresh_seconds=10 * MINUTE,
            closed_seconds=HOUR,
            stale_seconds=24 * HOUR,
            fetch=fetch.fetch_detail,
        )
        self.similar: Kind[tuple[str, ...]] = Kind(
            name="similar",
            type=tuple[str, ...],
            groups=("similar",),
            fresh_seconds=HOUR,
            closed_seconds=6 * HOUR,
            stale_seconds=24 * HOUR,
            fetch=fetch.fetch_similar,
        )
        self.news: Kind[tuple[News, ...]] = Kind(
            name="news",
            type=tuple[News, ...],
            groups=("search", "news stream"),
            fresh_seconds=5 * MINUTE,
            closed_seconds=15 * MINUTE,
            stale_seconds=6 * HOUR,
            fetch=fetch.fetch_news,
        )
        self.returns: Kind[Returns] = Kind(
            name="returns",
            type=Returns,
            groups=("details",),
            fresh_seconds=HOUR,
            closed_seconds=4 * HOUR,
            stale_seconds=24 * HOUR,
            fetch=fetch.fetch_returns,
            per_call=RETURNS_PER_CALL,
        )
        self.movers: Kind[tuple[Mover, ...]] = Kind(
            name="movers",
            type=tuple[Mover, ...],
            groups=("movers",),
            fresh_seconds=15,
            closed_seconds=5 * MINUTE,
            stale_seconds=10 * MINUTE,
            fetch=fetch.fetch_movers,
        )
        self.sectors: Kind[Sector] = Kind(
            name="sector",
            type=Sector,
            groups=("sectors",),
            fresh_seconds=5 * MINUTE,
            closed_seconds=30 * MINUTE,
            stale_seconds=6 * HOUR,
            fetch=fetch.fetch_sector,
        )
        self.headlines: Kind[tuple[News, ...]] = Kind(
            name="headlines",
            type=tuple[News, ...],
            groups=("headlines", "news stream"),
            fresh_seconds=5 * MINUTE,
            closed_seconds=15 * MINUTE,
            stale_seconds=6 * HOUR,
            fetch=lambda _, deadline: fetch.fetch_headlines(deadline),
        )
