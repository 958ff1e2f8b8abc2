"""What a refresh asks the provider beside quotes, each question with its symbols.

A question is called with the time and a deadline; it raises what the provider raises, and
MalformedAnswer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marketdata.deadlines import Deadline
from marketdata.domain.movers import Movers
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, Returns
from marketdata.domain.sectors import Sector
from marketdata.providers.base import Batch, Provider
from streams.answers import checked_batch, checked_movers, checked_tuple


class Questions:
    """Each of the provider's methods with what it is asked; each answer is checked."""

    def __init__(self, provider: Provider, profiles: Sequence[str], indices: Sequence[str]) -> None:
        self._provider = provider
        self._profiles = profiles
        self._indices = indices

    def similar(self, now: datetime, deadline: Deadline) -> Batch[tuple[str, ...]]:
        batch = self._provider.fetch_similar(self._profiles, now, deadline)
        batch = checked_batch(batch, tuple)
        found = {s: checked_tuple(symbols, str) for s, symbols in batch.found.items()}
        return Batch(found, batch.failed, batch.skipped)

    def details(self, now: datetime, deadline: Deadline) -> Batch[QuoteDetail]:
        details = self._provider.fetch_details(self._profiles, now, deadline)
        return checked_batch(details, QuoteDetail)

    def news(self, now: datetime, deadline: Deadline) -> Batch[tuple[News, ...]]:
        batch = self._provider.fetch_news(self._profiles, now, deadline)
        batch = checked_batch(batch, tuple)
        found = {s: checked_tuple(items, News) for s, items in batch.found.items()}
        return Batch(found, batch.failed, batch.skipped)

    def index_returns(self, now: datetime, deadline: Deadline) -> Batch[Returns]:
        returns = self._provider.fetch_index_returns(self._indices, now, deadline)
        return checked_batch(returns, Returns)

    def movers(self, now: datetime, deadline: Deadline) -> Movers:
        return checked_movers(self._provider.fetch_movers(now, deadline))

    def sectors(self, now: datetime, deadline: Deadline) -> tuple[Sector, ...]:
        return checked_tuple(self._provider.fetch_sectors(now, deadline), Sector)

    def headlines(self, now: datetime, deadline: Deadline) -> tuple[News, ...]:
        return checked_tuple(self._provider.fetch_headlines(now, deadline), News)
