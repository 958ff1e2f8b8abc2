"""What a source of market data must offer: blocking methods that take whole batches.

Every method may be called from several threads at once, must return before `deadline`,
and raises ProviderError when it has nothing to give. A method that takes symbols returns
a Batch: one symbol's failure is no reason to withhold the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar, runtime_checkable

import msgspec

from marketdata.deadlines import Deadline
from marketdata.domain.movers import Movers
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, Returns, SimpleQuote
from marketdata.domain.sectors import Sector
from marketdata.errors import ProviderError

T = TypeVar("T")


class Batch(msgspec.Struct, Generic[T], frozen=True):
    """Answers by symbol. A symbol in none of the three is unknown to the source.

    The `skipped` were not asked for this time, because the source may not be asked so often or
    need not be; those of them that are in `found` as well come with an earlier answer.
    """

    found: Mapping[str, T] = {}
    failed: Mapping[str, ProviderError] = {}
    skipped: Collection[str] = frozenset()


class Provider(Protocol):
    """A source of market data."""

    @property
    def name(self) -> str:
        """What people call it; shown wherever data is shown."""

    @property
    def is_simulated(self) -> bool:
        """True when the data is made up, so that nobody takes it for the real thing."""

    def fetch_quotes(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[SimpleQuote]:
        """The fast facts of canonical symbols, most wanted first, each asked for once."""

    def fetch_details(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[QuoteDetail]:
        """The slow facts of canonical symbols."""

    def fetch_similar(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[tuple[str, ...]]:
        """The symbols of instruments like each of `symbols`, most alike first."""

    def fetch_news(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[tuple[News, ...]]:
        """News about each of `symbols`, newest first."""

    def fetch_index_returns(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[Returns]:
        """The long-term performance of each index; may fill in over several ticks."""

    def fetch_movers(self, now: datetime, deadline: Deadline) -> Movers:
        """The day's movers of the US market."""

    def fetch_sectors(self, now: datetime, deadline: Deadline) -> tuple[Sector, ...]:
        """Performance of the sectors, in the order of SECTOR_NAMES; those known."""

    def fetch_headlines(self, now: datetime, deadline: Deadline) -> tuple[News, ...]:
        """News of the market as a whole, newest first."""


@runtime_checkable
class PushesPrices(Protocol):
    """A provider that can also have prices pushed to it, between the calls."""

    def start_stream(self) -> None:
        """Begin, unless it has begun; in the process that fetches for all."""

    def stop_stream(self) -> None:
        """End it."""
