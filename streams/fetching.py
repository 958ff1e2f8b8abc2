"""From needs to facts: asks the provider for everything at once and waits no longer than told.

What the provider cannot give, gives too late or garbles is simply missing from the facts: a
failing source is the refresh's everyday life, not its end. Each kind of data that fails is
logged once when it begins to and once when it is back.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from marketdata.deadlines import Deadline
from marketdata.domain.movers import Movers
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, Returns, SimpleQuote
from marketdata.domain.sectors import Sector
from marketdata.errors import DeadlineExceeded, ProviderError
from marketdata.executors import DaemonExecutor
from marketdata.providers.base import Batch, Provider
from streams.answers import checked_batch, checked_movers, checked_tuple
from streams.quotes import RecentQuotes
from streams.topics import Facts, Needs

logger = logging.getLogger(__name__)

T = TypeVar("T")
Ask = Callable[[datetime, Deadline], T]
QuotesCall = Future[Batch[SimpleQuote]]

# The provider is told to answer a little before we stop waiting, so that it can still hand
# over what it has got.
PROVIDER_SHARE = 0.9
# Similar instruments are asked first, because their quotes belong to the tick's one batch.
SIMILAR_SHARE = 0.5
NOBODY: Mapping[str, int] = {}
# More calls than any refresh makes; the rest is room for calls that hang.
MAX_CALLS = 32


class Fetcher:
    """Gets facts from a provider, each quote once however many threads ask for it."""

    def __init__(self, provider: Provider, quotes: RecentQuotes) -> None:
        self.provider = provider
        self._quotes = quotes
        self._executor = DaemonExecutor(MAX_CALLS, "fetch")
        self._outages = Outages()
        self._under_way: dict[str, QuotesCall] = {}
        self._lock = threading.Lock()

    def fetch(
        self,
        needs: Needs,
        now: datetime,
        timeout_seconds: float,
        quotes_not_before: float,
        watched: Mapping[str, int] = NOBODY,
    ) -> Facts:
        """The facts for `needs`, as far as they come within `timeout_seconds`.

        Quotes fetched at `quotes_not_before` (Unix seconds) or later are not fetched again.
        `watched` says how many subscriptions want a symbol: those go first.
        """
        deadline = Deadline.after(timeout_seconds)
        similar_deadline = Deadline.after(timeout_seconds * SIMILAR_SHARE)
        provider_deadline = Deadline.after(timeout_seconds * PROVIDER_SHARE)

        def start(ask: Ask[T], wanted: object) -> Future[T] | None:
            return self._executor.submit(ask, now, provider_deadline) if wanted else None

        calls = _Calls(self.provider, sorted(needs.profiles), sorted(needs.index_returns))
        similar = start(calls.similar, needs.profiles)
        details = start(calls.details, needs.profiles)
        news = start(calls.news, needs.profiles)
        index_returns = start(calls.index_returns, needs.index_returns)
        movers = start(calls.movers, needs.movers)
        sectors = start(calls.sectors, needs.sectors)
        headlines = start(calls.headlines, needs.headlines)

        similar_found = self._found("similar symbols", similar, similar_deadline)
        symbols = needs.quotes.union(*similar_found.values())
        known = self._quotes.get(symbols, quotes_not_before)
        wanted = sorted(symbols - known.keys(), key=lambda s: (-watched.get(s, 0), s))
        quotes = self._ask_quotes(wanted, start)
        return Facts(
            now,
            quotes=self._collect_quotes(symbols, known, quotes, deadline),
            similar=similar_found,
            details=self._found("details", details, deadline),
            news=self._found("news", news, deadline),
            index_returns=self._found("index returns", index_returns, deadline),
            movers=self._result("movers", movers, deadline),
            sectors=self._result("sectors", sectors, deadline) or (),
            headlines=self._result("headlines", headlines, deadline) or (),
        )

    def _ask_quotes(self, symbols: Sequence[str], start: _Start) -> set[QuotesCall]:
        """The calls that bring these symbols: those under way, and a new one for the rest."""
        with self._lock:
            calls = {self._under_way[s] for s in symbols if s in self._under_way}
            rest = [s for s in symbols if s not in self._under_way]
            call = start(partial(self._fetch_quotes, rest), rest)
            if call:
                self._under_way.update(dict.fromkeys(rest, call))
                calls.add(call)
        return calls

    def _fetch_quotes(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[SimpleQuote]:
        batch = checked_batch(self.provider.fetch_quotes(symbols, now, deadline), SimpleQuote)
        left = {*batch.failed, *batch.skipped}
        answered = [symbol for symbol in symbols if symbol not in left]
        self._quotes.put({s: batch.found.get(s) for s in answered}, now.timestamp())
        return batch

    def _collect_quotes(
        self,
        symbols: frozenset[str],
        known: Mapping[str, SimpleQuote | None],
        calls: set[QuotesCall],
        deadline: Deadline,
    ) -> dict[str, SimpleQuote]:
        quotes = {symbol: quote for symbol, quote in known.items() if quote is not None}
        for call in calls:
            found = self._found("quotes", call, deadline)
            quotes.update({s: quote for s, quote in found.items() if s in symbols})
            self._forget(call)
        return quotes

    def _forget(self, call: QuotesCall) -> None:
        """A call that was waited for, or given up, no longer stands in the way of new ones."""
        with self._lock:
            for symbol in [s for s, other in self._under_way.items() if other is call]:
                del self._under_way[symbol]

    def _found(
        self, what: str, call: Future[Batch[T]] | None, deadline: Deadline
    ) -> Mapping[str, T]:
        batch = self._result(what, call, deadline)
        return batch.found if batch else {}

    def _result(self, what: str, call: Future[T] | None, deadline: Deadline) -> T | None:
        if call is None:
            return None
        try:
            result = _wait(call, deadline)
        except ProviderError as error:
            self._outages.began(what, str(error))
        except Exception:
            if self._outages.began(what, "the provider failed unexpectedly"):
                logger.exception("What the provider failed with:")
        else:
            self._outages.look_at(what, result)
            return result
        return None


class _Start(Protocol):
    def __call__(self, ask: Ask[T], wanted: object) -> Future[T] | None: ...


class _Calls:
    """The provider's methods with what they are asked, each answer checked."""

    def __init__(self, provider: Provider, profiles: Sequence[str], indices: Sequence[str]) -> None:
        self._provider = provider
        self._profiles = profiles
        self._indices = indices

    def similar(self, now: datetime, deadline: Deadline) -> Batch[tuple[str, ...]]:
        batch = self._provider.fetch_similar(self._profiles, now, deadline)
        found = checked_batch(batch, tuple).found
        return Batch({s: checked_tuple(symbols, str) for s, symbols in found.items()}, batch.failed)

    def details(self, now: datetime, deadline: Deadline) -> Batch[QuoteDetail]:
        details = self._provider.fetch_details(self._profiles, now, deadline)
        return checked_batch(details, QuoteDetail)

    def news(self, now: datetime, deadline: Deadline) -> Batch[tuple[News, ...]]:
        batch = self._provider.fetch_news(self._profiles, now, deadline)
        found = checked_batch(batch, tuple).found
        return Batch({s: checked_tuple(items, News) for s, items in found.items()}, batch.failed)

    def index_returns(self, now: datetime, deadline: Deadline) -> Batch[Returns]:
        returns = self._provider.fetch_index_returns(self._indices, now, deadline)
        return checked_batch(returns, Returns)

    def movers(self, now: datetime, deadline: Deadline) -> Movers:
        return checked_movers(self._provider.fetch_movers(now, deadline))

    def sectors(self, now: datetime, deadline: Deadline) -> tuple[Sector, ...]:
        return checked_tuple(self._provider.fetch_sectors(now, deadline), Sector)

    def headlines(self, now: datetime, deadline: Deadline) -> tuple[News, ...]:
        return checked_tuple(self._provider.fetch_headlines(now, deadline), News)


class Outages:
    """Says once that a kind of data fails, and once that it is back."""

    def __init__(self) -> None:
        self._failing: set[str] = set()

    def look_at(self, what: str, result: object) -> None:
        """A call succeeded, though a batch may still lack some symbols."""
        failed = result.failed if isinstance(result, Batch) else {}
        if failed:
            symbol, error = next(iter(failed.items()))
            self.began(what, f"{len(failed)} symbols failed, {symbol} with: {error}")
        elif what in self._failing:
            self._failing.discard(what)
            logger.info("%s are back", what.capitalize())

    def began(self, what: str, why: str) -> bool:
        """True when that is news, and now said."""
        if what in self._failing:
            return False
        self._failing.add(what)
        logger.warning("No %s for now: %s", what, why)
        return True


def _wait(call: Future[T], deadline: Deadline) -> T:
    try:
        return call.result(timeout=deadline.remaining())
    except TimeoutError as error:
        call.cancel()
        raise DeadlineExceeded("the provider did not answer in time") from error
