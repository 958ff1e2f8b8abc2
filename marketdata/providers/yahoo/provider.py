"""Yahoo Finance as a Provider: puts the parts together and answers in whole batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from marketdata.clock import SYSTEM_CLOCK, Clock
from marketdata.deadlines import Deadline
from marketdata.domain.movers import Movers
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, Returns, SimpleQuote
from marketdata.domain.sectors import SECTOR_NAMES, Sector
from marketdata.executors import DaemonExecutor
from marketdata.health import BreakerHealth, UpstreamHealth
from marketdata.providers.base import Batch
from marketdata.providers.yahoo.cache import FactCache
from marketdata.providers.yahoo.client import YahooClient
from marketdata.providers.yahoo.endpoints import GROUPS, YahooEndpoints
from marketdata.providers.yahoo.facts import SlowFacts
from marketdata.providers.yahoo.kinds import Kind, Kinds
from marketdata.providers.yahoo.options import YahooOptions
from marketdata.providers.yahoo.pushed_prices import PushedPrices
from marketdata.providers.yahoo.quote_batches import QuoteBatches
from marketdata.providers.yahoo.shared_facts import SharedFacts
from marketdata.providers.yahoo.transport import MAX_CONCURRENT
from marketdata.share_classes import ask_dashed
from marketdata.sharing import MemoryStore, SharedStore

T = TypeVar("T")

# Three for each profile, of more profiles than the budget could keep fresh. Every tick looks at all
# of them in turn: a cache that is one too small would hold none.
MAX_KEPT_FACTS = 40_000
_HEADLINES = "headlines"


class YahooProvider:
    """Market data from Yahoo Finance; blocking, for many threads, each call within its deadline.

    Quotes are fetched anew each time, as far as the budget allows; slow facts are kept while
    fresh (see `kinds`). What the processes of a cluster must know of one another, from cookie
    to budget, is in `store`.
    """

    name = "yahoo"
    is_simulated = False

    def __init__(
        self,
        options: YahooOptions | None = None,
        store: SharedStore | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        store = store or MemoryStore(clock)
        self._clock = clock
        self._client = YahooClient(options, store, clock)
        self._guard = self._client.guard
        endpoints = YahooEndpoints(self._client)
        self._kinds = Kinds(endpoints)
        quote_executor = DaemonExecutor(MAX_CONCURRENT, "yahoo-quotes")
        # Slow facts never take the last connection: quotes must not queue behind them.
        slow_executor = DaemonExecutor(MAX_CONCURRENT - 1, "yahoo-facts")
        self._quotes = QuoteBatches(endpoints, self._guard, quote_executor, store)
        self._facts = SlowFacts(
            slow_executor, FactCache(MAX_KEPT_FACTS), SharedFacts(store), self._guard, clock
        )
        self._stream = PushedPrices(self._quotes.turns, self._client, clock)

    def fetch_quotes(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[SimpleQuote]:
        """Quotes in calls of 50 symbols; a call that fails takes only its own symbols along."""
        batch = ask_dashed(lambda names: self._quotes.fetch(names, now, deadline), symbols)
        if symbols and len(batch.failed) == len(symbols):
            raise next(iter(batch.failed.values()))
        return batch

    def fetch_details(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[QuoteDetail]:
        """The slow facts of each symbol."""
        return self._get_of_symbols(self._kinds.details, symbols, now, deadline)

    def fetch_similar(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[tuple[str, ...]]:
        """Similar symbols; an empty tuple for an unknown symbol."""
        return self._get_of_symbols(self._kinds.similar, symbols, now, deadline)

    def fetch_news(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[tuple[News, ...]]:
        """News of each symbol."""
        return self._get_of_symbols(self._kinds.news, symbols, now, deadline)

    def fetch_index_returns(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[Returns]:
        """Returns of each index. A few are asked for per call, the rest later."""
        return self._get_all(self._kinds.returns, symbols, now, deadline)

    def fetch_movers(self, now: datetime, deadline: Deadline) -> Movers:
        """The three lists; each fails alone."""
        screeners = {
            "actives": "MOST_ACTIVES",
            "gainers": "DAY_GAINERS",
            "losers": "DAY_LOSERS",
        }
        lists = self._get_all(self._kinds.movers, tuple(screeners.values()), now, deadline).found
        return Movers(**{field: lists.get(screener) for field, screener in screeners.items()})

    def fetch_sectors(self, now: datetime, deadline: Deadline) -> tuple[Sector, ...]:
        """The sectors that could be fetched."""
        sectors = self._get_all(self._kinds.sectors, SECTOR_NAMES, now, deadline).found
        return tuple(sectors[name] for name in SECTOR_NAMES if name in sectors)

    def fetch_headlines(self, now: datetime, deadline: Deadline) -> tuple[News, ...]:
        """News of the market."""
        batch = self._get_all(self._kinds.headlines, (_HEADLINES,), now, deadline)
        return batch.found.get(_HEADLINES, ())

    def start_stream(self) -> None:
        """Have prices pushed for the symbols that are asked for; polling stays the truth."""
        self._stream.start()

    def stop_stream(self) -> None:
        """End it; returns when it has."""
        self._stream.stop()

    def get_health(self) -> UpstreamHealth:
        """Breakers, budget, crumb and turns of the cluster; the calls of this process."""
        now = self._clock.time()
        breakers = self._guard.breakers
        credentials = self._client.credentials.current
        calls: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for (group, outcome), count in sorted(breakers.outcomes.items()):
            calls[group][outcome] = count
        return UpstreamHealth(
            breakers={
                name: BreakerHealth(
                    state=state, seconds_left=max(0.0, until - now) if state == "open" else 0.0
                )
                for name, (state, until) in breakers.states(GROUPS).items()
            },
            budget_level=self._guard.budget.level,
            budget_per_second=self._guard.budget.requests_per_second,
            budget_burst=self._guard.budget.burst,
            crumb_age_seconds=max(0.0, now - credentials.fetched_at) if credentials else None,
            turns=self._quotes.get_health(),
            calls=dict(calls),
            stream=self._stream.state,
        )

    def _get_of_symbols(
        self, kind: Kind[T], symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[T]:
        """Whether Yahoo knows them is asked first, in one call: anybody can make symbols up."""

        def worth_asking(lacking: list[str]) -> list[str]:
            return self._quotes.known(lacking, now, deadline)

        return ask_dashed(
            lambda names: self._get_all(kind, names, now, deadline, worth_asking), symbols
        )

    def _get_all(
        self,
        kind: Kind[T],
        keys: Sequence[str],
        now: datetime,
        deadline: Deadline,
        worth_asking: Callable[[list[str]], list[str]] = list,
    ) -> Batch[T]:
        """The batch; raises the first error when there is nothing else in it."""
        batch = self._facts.get_all(kind, keys, now, deadline, worth_asking)
        if batch.failed and not batch.found:
            raise next(iter(batch.failed.values()))
        return batch
