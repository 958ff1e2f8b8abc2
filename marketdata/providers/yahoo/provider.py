"""Yahoo Finance as a Provider: batches, parallel calls, partial answers, freshness."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from marketdata.deadlines import Deadline
from marketdata.domain.movers import Mover, Movers
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, Returns, SimpleQuote
from marketdata.domain.sectors import SECTOR_NAMES, Sector
from marketdata.errors import ProviderError
from marketdata.executors import DaemonExecutor
from marketdata.providers.base import Batch
from marketdata.providers.yahoo.cache import FreshCache
from marketdata.providers.yahoo.client import YahooClient
from marketdata.providers.yahoo.endpoints import YahooEndpoints
from marketdata.providers.yahoo.facts import Kind, SlowFacts, outcomes
from marketdata.providers.yahoo.transport import MAX_CONCURRENT

T = TypeVar("T")

# Yahoo fails on about a hundred symbols a call.
QUOTES_PER_CALL = 50
INDEX_RETURNS_PER_CALL = 4
MAX_KEPT_FACTS = 10_000
_NEVER = datetime.min.replace(tzinfo=UTC)
_HEADLINES = "headlines"


class YahooProvider:
    """Market data from Yahoo Finance; blocking, for many threads, each call within its deadline.

    Quotes are fetched anew each time. Slow facts are kept while fresh and fetched once for all
    who ask at the same time. `base_url` replaces scheme and host of every URL.
    """

    name = "yahoo"
    is_simulated = False

    def __init__(self, base_url: str = "", user_agent: str = "") -> None:
        fetch = self._endpoints = YahooEndpoints(YahooClient(base_url, user_agent))
        # Slow facts never take the last connection: quotes must not queue behind them.
        self._quote_executor = DaemonExecutor(MAX_CONCURRENT, "yahoo-quotes")
        slow_executor = DaemonExecutor(MAX_CONCURRENT - 1, "yahoo-facts")
        self._facts = SlowFacts(slow_executor, FreshCache(MAX_KEPT_FACTS))
        self._returns_asked_at: dict[str, datetime] = {}
        self._details: Kind[QuoteDetail] = Kind("detail", 600, fetch.fetch_detail)
        self._similar: Kind[tuple[str, ...]] = Kind("similar", 3600, fetch.fetch_similar)
        self._news: Kind[tuple[News, ...]] = Kind("news", 300, fetch.fetch_news)
        self._returns: Kind[Returns] = Kind("returns", 3600, fetch.fetch_returns)
        self._movers: Kind[tuple[Mover, ...]] = Kind("movers", 15, fetch.fetch_movers)
        self._sectors: Kind[Sector] = Kind("sector", 300, fetch.fetch_sector)
        self._headlines: Kind[tuple[News, ...]] = Kind(
            "headlines", 300, lambda _, deadline: fetch.fetch_headlines(deadline)
        )

    def fetch_quotes(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[SimpleQuote]:
        """Quotes in calls of 50 symbols; a call that fails takes only its own symbols along."""
        chunks = [
            tuple(symbols[start : start + QUOTES_PER_CALL])
            for start in range(0, len(symbols), QUOTES_PER_CALL)
        ]
        futures = {
            chunk: self._quote_executor.submit(self._endpoints.fetch_quotes, chunk, deadline)
            for chunk in chunks
        }
        found: dict[str, SimpleQuote] = {}
        failed: dict[str, ProviderError] = {}
        for chunk, outcome in outcomes(futures, deadline).items():
            if isinstance(outcome, ProviderError):
                failed.update(dict.fromkeys(chunk, outcome))
            else:
                found.update((symbol, outcome[symbol]) for symbol in chunk if symbol in outcome)
        return _unless_all_failed(Batch(found, failed), symbols)

    def fetch_details(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[QuoteDetail]:
        """The slow facts of each symbol, at most ten minutes old."""
        return self._get_all(self._details, symbols, now, deadline)

    def fetch_similar(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[tuple[str, ...]]:
        """Similar symbols, at most an hour old; an empty tuple for an unknown symbol."""
        return self._get_all(self._similar, symbols, now, deadline)

    def fetch_news(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[tuple[News, ...]]:
        """News of each symbol, at most five minutes old."""
        return self._get_all(self._news, symbols, now, deadline)

    def fetch_index_returns(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[Returns]:
        """Returns at most an hour old. A few indices are asked for per call, the rest later.

        Those whose turn has not come are in neither part of the batch.
        """
        lacking = self._facts.lacking(self._returns, symbols, now)
        # Longest not asked first, so that one that keeps failing holds up no other.
        lacking.sort(key=lambda symbol: self._returns_asked_at.get(symbol, _NEVER))
        turn, later = lacking[:INDEX_RETURNS_PER_CALL], set(lacking[INDEX_RETURNS_PER_CALL:])
        self._returns_asked_at.update(dict.fromkeys(turn, now))
        wanted = [symbol for symbol in symbols if symbol not in later]
        return self._get_all(self._returns, wanted, now, deadline)

    def fetch_movers(self, now: datetime, deadline: Deadline) -> Movers:
        """The three lists, at most 15 seconds old; each fails alone."""
        screeners = {
            "actives": "MOST_ACTIVES",
            "gainers": "DAY_GAINERS",
            "losers": "DAY_LOSERS",
        }
        lists = self._get_all(self._movers, tuple(screeners.values()), now, deadline).found
        return Movers(**{field: lists.get(screener) for field, screener in screeners.items()})

    def fetch_sectors(self, now: datetime, deadline: Deadline) -> tuple[Sector, ...]:
        """The sectors that could be fetched, at most five minutes old."""
        sectors = self._get_all(self._sectors, SECTOR_NAMES, now, deadline).found
        return tuple(sectors[name] for name in SECTOR_NAMES if name in sectors)

    def fetch_headlines(self, now: datetime, deadline: Deadline) -> tuple[News, ...]:
        """News of the market, at most five minutes old."""
        batch = self._get_all(self._headlines, (_HEADLINES,), now, deadline)
        return batch.found.get(_HEADLINES, ())

    def _get_all(
        self, kind: Kind[T], keys: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[T]:
        return _unless_all_failed(self._facts.get_all(kind, keys, now, deadline), keys)


def _unless_all_failed(batch: Batch[T], keys: Sequence[str]) -> Batch[T]:
    """The batch; raises the first error when every single key failed."""
    if keys and len(batch.failed) == len(keys):
        raise next(iter(batch.failed.values()))
    return batch
