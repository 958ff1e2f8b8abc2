"""From needs to facts: asks the provider for everything at once and waits no longer than told.

What the provider cannot give, gives too late or garbles is simply missing from the facts: a
failing source is the refresh's everyday life, not its end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

from marketdata.deadlines import Deadline
from marketdata.domain.movers import Movers
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, Returns, SimpleQuote
from marketdata.domain.sectors import Sector
from marketdata.errors import DeadlineExceeded, ProviderError, ProviderUnavailable
from marketdata.executors import DaemonExecutor
from marketdata.providers.base import Batch, Provider
from marketdata.sharing import MemoryStore
from streams.answers import checked_batch
from streams.counts import Counts
from streams.fragments import Fragments
from streams.questions import Questions
from streams.quotes import RecentQuotes
from streams.source_state import (
    OK,
    SourceState,
    SourceWatch,
    Verdict,
    judge_answer,
    judge_error,
)
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


# What waits for a thread is dropped in time; this bounds the memory when no thread comes back.
MAX_UNFINISHED = 256


class _When(NamedTuple):
    """The time of the refresh, and until when the provider may take."""

    now: datetime
    deadline: Deadline


class _Calls(NamedTuple):
    """What was asked; None where nothing is needed."""

    similar: Future[Batch[tuple[str, ...]]] | None
    details: Future[Batch[QuoteDetail]] | None
    news: Future[Batch[tuple[News, ...]]] | None
    index_returns: Future[Batch[Returns]] | None
    movers: Future[Movers] | None
    sectors: Future[tuple[Sector, ...]] | None
    headlines: Future[tuple[News, ...]] | None


class Fetcher:
    """Gets facts from a provider, each quote once however many threads ask for it."""

    def __init__(
        self,
        provider: Provider,
        quotes: RecentQuotes,
        counts: Counts | None = None,
        watch: SourceWatch | None = None,
    ) -> None:
        self.provider = provider
        self.watch = watch or SourceWatch(MemoryStore())
        self.fragments = Fragments()
        self._quotes = quotes
        self._counts = counts or Counts()
        self._executor = DaemonExecutor(MAX_CALLS, "fetch")
        self._under_way: dict[str, QuotesCall] = {}
        self._ended = 0
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
        when = _When(now, Deadline.after(timeout_seconds * PROVIDER_SHARE))
        calls = self._ask(needs, when)
        results = _Results(self._count, self.watch.get(), deadline)
        similar = results.found("similar symbols", calls.similar, similar_deadline)
        symbols = needs.quotes.union(*similar.values())
        wanted = sorted(symbols, key=lambda s: (-watched.get(s, 0), s))
        known, quotes = self._ask_quotes(wanted, quotes_not_before, when)
        found, unknown = self._collect_quotes(symbols, known, quotes, results)
        facts = Facts(
            now,
            quotes=found,
            unknown=unknown,
            similar=similar,
            details=results.found("details", calls.details),
            news=results.found("news", calls.news),
            index_returns=results.found("index returns", calls.index_returns),
            movers=results.get("movers", calls.movers),
            sectors=results.get("sectors", calls.sectors) or (),
            headlines=results.get("headlines", calls.headlines) or (),
            fragments=self.fragments,
        )
        self.watch.note(results.verdicts, now.timestamp())
        return facts

    def _ask(self, needs: Needs, when: _When) -> _Calls:
        """Everything but the quotes, of which more may be needed than is known yet."""
        ask = Questions(self.provider, sorted(needs.profiles), sorted(needs.index_returns))
        return _Calls(
            similar=self._start(ask.similar, needs.profiles, when),
            details=self._start(ask.details, needs.profiles, when),
            news=self._start(ask.news, needs.profiles, when),
            index_returns=self._start(ask.index_returns, needs.index_returns, when),
            movers=self._start(ask.movers, needs.movers, when),
            sectors=self._start(ask.sectors, needs.sectors, when),
            headlines=self._start(ask.headlines, needs.headlines, when),
        )

    def _start(self, ask: Ask[T], wanted: object, when: _When) -> Future[T] | None:
        if not wanted:
            return None
        if self._executor.unfinished < MAX_UNFINISHED:
            return self._executor.submit(ask, when.now, when.deadline)
        refused: Future[T] = Future()
        refused.set_exception(ProviderUnavailable("too many earlier calls still hang"))
        return refused

    def _ask_quotes(
        self, symbols: Sequence[str], not_before: float, when: _When
    ) -> tuple[Mapping[str, SimpleQuote | None], set[QuotesCall]]:
        """What is known of these symbols, and the calls, under way or new, for the rest."""
        for is_last_look in (False, False, True):
            ended = self._ended
            known = self._quotes.get(symbols, not_before)
            with self._lock:
                # A call that ended meanwhile may have brought what was not known a moment ago.
                if ended == self._ended or is_last_look:
                    calls = self._join_calls([s for s in symbols if s not in known], when)
                    break
        return known, calls

    def _join_calls(self, symbols: Sequence[str], when: _When) -> set[QuotesCall]:
        calls = {self._under_way[s] for s in symbols if s in self._under_way}
        rest = [s for s in symbols if s not in self._under_way]
        call = self._start(partial(self._fetch_quotes, rest), rest, when)
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
        results: _Results,
    ) -> tuple[dict[str, SimpleQuote], frozenset[str]]:
        """The quotes, and the symbols that the source says it does not know."""
        quotes = {symbol: quote for symbol, quote in known.items() if quote is not None}
        unknown = {symbol for symbol, quote in known.items() if quote is None}
        for call in calls:
            with self._lock:
                asked = {s for s, other in self._under_way.items() if other is call}
            batch = results.get("quotes", call)
            if batch is not None:
                quotes.update({s: quote for s, quote in batch.found.items() if s in symbols})
                unknown |= asked.difference(batch.found, batch.failed, batch.skipped)
            self._forget(call)
        return quotes, frozenset(unknown)

    def _forget(self, call: QuotesCall) -> None:
        """A call that was waited for, or given up, no longer stands in the way of new ones."""
        with self._lock:
            for symbol in [s for s, other in self._under_way.items() if other is call]:
                del self._under_way[symbol]
            self._ended += 1

    def _count(self, what: str, result: str) -> None:
        with self._lock:
            self._counts.fetches[what, result] += 1


class _Results:
    """What one fetch's questions came to: the answers, and what these say of the source."""

    def __init__(
        self, count: Callable[[str, str], None], before: SourceState, deadline: Deadline
    ) -> None:
        self.verdicts: dict[str, Verdict | None] = {}
        self._count = count
        self._before = before.kinds
        self._deadline = deadline

    def found(
        self, what: str, call: Future[Batch[T]] | None, deadline: Deadline | None = None
    ) -> Mapping[str, T]:
        batch = self.get(what, call, deadline)
        return batch.found if batch else {}

    def get(self, what: str, call: Future[T] | None, deadline: Deadline | None = None) -> T | None:
        """None when nothing was asked or nothing came."""
        if call is None:
            return None
        try:
            result = _wait(call, deadline or self._deadline)
        except ProviderError as error:
            self._count(what, type(error).__name__)
            self._judged(what, judge_error(error))
        except Exception as error:
            self._count(what, "bug")
            self._judged(what, judge_error(error))
            if what not in self._before or self._before[what].reason != "internal":
                logger.exception("The provider failed unexpectedly when asked for %s", what)
        else:
            self._count(what, "partial" if isinstance(result, Batch) and result.failed else "ok")
            self._judged(what, judge_answer(result))
            return result
        return None

    def _judged(self, what: str, verdict: Verdict | None) -> None:
        # Of several calls for quotes, one that brought some says that they can be had.
        known = self.verdicts.get(what)
        if known is None or (verdict is not None and known != OK):
            self.verdicts[what] = verdict


def _wait(call: Future[T], deadline: Deadline) -> T:
    try:
        return call.result(timeout=deadline.remaining())
    except (TimeoutError, CancelledError) as error:
        # Of those who share a call, the first whose time is up cancels it if it has not begun.
        call.cancel()
        raise DeadlineExceeded("the provider did not answer in time") from error
