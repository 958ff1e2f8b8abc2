"""The simulated source of market data: needs no network, is the same in every process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from marketdata.deadlines import Deadline
from marketdata.domain.movers import Movers
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, Returns, SimpleQuote
from marketdata.domain.sectors import Sector
from marketdata.providers.base import Batch
from marketdata.providers.simulated.details import get_similar, make_detail
from marketdata.providers.simulated.instruments import Instrument
from marketdata.providers.simulated.news import make_headlines, make_news
from marketdata.providers.simulated.overview import make_movers, make_sectors
from marketdata.providers.simulated.quotes import make_quote
from marketdata.providers.simulated.returns import make_returns
from marketdata.providers.simulated.trading import Instant
from marketdata.providers.simulated.universe import get_instrument
from marketdata.share_classes import ask_dashed

T = TypeVar("T")


class SimulatedProvider:
    """A Provider whose answers are pure functions of symbol and `now`.

    Raises DeadlineExceeded when it is asked after the deadline, and nothing else.
    """

    name = "simulated"
    is_simulated = True

    def fetch_quotes(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[SimpleQuote]:
        deadline.require("simulated quotes")
        instant = Instant.of(now)
        return _answer(symbols, lambda instrument: make_quote(instrument, instant))

    def fetch_details(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[QuoteDetail]:
        deadline.require("simulated details")
        instant = Instant.of(now)
        return _answer(symbols, lambda instrument: make_detail(instrument, instant))

    def fetch_similar(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[tuple[str, ...]]:
        deadline.require("simulated similar symbols")
        return _answer(symbols, get_similar)

    def fetch_news(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[tuple[News, ...]]:
        deadline.require("simulated news")
        return _answer(symbols, lambda instrument: make_news(instrument, now.timestamp()))

    def fetch_index_returns(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[Returns]:
        deadline.require("simulated index returns")
        instant = Instant.of(now)
        return _answer(symbols, lambda instrument: _make_returns(instrument, instant))

    def fetch_movers(self, now: datetime, deadline: Deadline) -> Movers:
        deadline.require("simulated movers")
        return make_movers(Instant.of(now))

    def fetch_sectors(self, now: datetime, deadline: Deadline) -> tuple[Sector, ...]:
        deadline.require("simulated sectors")
        return make_sectors(Instant.of(now))

    def fetch_headlines(self, now: datetime, deadline: Deadline) -> tuple[News, ...]:
        deadline.require("simulated headlines")
        return make_headlines(now.timestamp())


def _answer(symbols: Sequence[str], make: Callable[[Instrument], T]) -> Batch[T]:
    """What `make` says of each symbol that the simulated market has."""

    def ask(names: Sequence[str]) -> Batch[T]:
        instruments = ((name, get_instrument(name)) for name in names)
        return Batch(found={name: make(item) for name, item in instruments if item})

    return ask_dashed(ask, symbols)


def _make_returns(instrument: Instrument, instant: Instant) -> Returns:
    return make_returns(instrument, make_quote(instrument, instant).price or 0.0, instant.day)
