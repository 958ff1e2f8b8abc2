"""Yahoo's endpoints, one method each: one request, parsed, under the guard of its group."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote

from marketdata.deadlines import Deadline
from marketdata.domain.movers import Mover
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, Returns, SimpleQuote
from marketdata.domain.sectors import Sector
from marketdata.errors import BudgetSpent, NotFound, ProviderError, ProviderUnavailable
from marketdata.providers.yahoo.client import YahooClient
from marketdata.providers.yahoo.parse.details import (
    DETAIL_MODULES,
    RETURNS_MODULE,
    parse_detail,
    parse_returns,
)
from marketdata.providers.yahoo.parse.news import parse_rss, parse_search_news, parse_stream_news
from marketdata.providers.yahoo.parse.quotes import parse_movers, parse_quotes, parse_similar
from marketdata.providers.yahoo.parse.sectors import parse_sector

T = TypeVar("T")

logger = logging.getLogger(__name__)

MOVERS_COUNT = 50
NEWS_COUNT = 10
HEADLINES_COUNT = 20
# Every group of endpoints has a breaker of its own.
GROUPS = (
    "quotes",
    "new symbols",
    "details",
    "similar",
    "movers",
    "sectors",
    "search",
    "news stream",
    "headlines",
    "credentials",
)
# Without sizes, Yahoo leaves logos out.
_LOGOS = {"imgHeights": "50", "imgWidths": "50", "imgLabels": "logoUrl"}


class YahooEndpoints:
    """Every method may raise ProviderError, and NotFound where Yahoo knows nothing."""

    def __init__(self, client: YahooClient) -> None:
        self._client = client
        self._guard = client.guard

    def fetch_quotes(
        self,
        symbols: Sequence[str],
        deadline: Deadline,
        *,
        may_be_empty: bool = True,
        are_new: bool = False,
    ) -> dict[str, SimpleQuote]:
        """Quotes by symbol, at most 50 at a time; unknown and lost symbols are absent.

        An answer without any quote is a failure unless it `may_be_empty`. Those that `are_new`
        may be anything that somebody has made up: they have a breaker of their own.
        """
        params = {"symbols": ",".join(symbols), **_LOGOS}

        def fetch() -> dict[str, SimpleQuote]:
            found = parse_quotes(self._client.get_json("/v7/finance/quote", params, deadline))
            if not found and not may_be_empty:
                raise ProviderUnavailable("/v7/finance/quote: no quote at all in the answer")
            return found

        if not are_new:
            return self._guard.call("quotes", fetch, deadline)
        if len(symbols) > 1:
            return self._guard.call("new symbols", fetch, deadline, retries=0)
        return self._guard.call_for("new symbols", symbols[0], fetch, deadline)

    def fetch_detail(self, symbol: str, deadline: Deadline) -> QuoteDetail:
        path = f"/v10/finance/quoteSummary/{quote(symbol, safe='')}"
        params = {"modules": ",".join(DETAIL_MODULES), "formatted": "false"}
        return self._guard.call_for(
            "details",
            symbol,
            lambda: parse_detail(self._client.get_json(path, params, deadline), symbol),
            deadline,
        )

    def fetch_returns(self, symbol: str, deadline: Deadline) -> Returns:
        path = f"/v10/finance/quoteSummary/{quote(symbol, safe='')}"
        params = {"modules": RETURNS_MODULE, "formatted": "false"}
        return self._guard.call_for(
            "details",
            symbol,
            lambda: parse_returns(self._client.get_json(path, params, deadline)),
            deadline,
        )

    def fetch_similar(self, symbol: str, deadline: Deadline) -> tuple[str, ...]:
        """Symbols like this one; none for what Yahoo does not know."""
        path = f"/v6/finance/recommendationsbysymbol/{quote(symbol, safe='')}"
        try:
            return self._guard.call_for(
                "similar",
                symbol,
                lambda: parse_similar(self._client.get_json(path, {}, deadline)),
                deadline,
            )
        except NotFound:
            return ()

    def fetch_movers(self, screener: str, deadline: Deadline) -> tuple[Mover, ...]:
        """One list: MOST_ACTIVES, DAY_GAINERS or DAY_LOSERS."""
        path = "/v1/finance/screener/predefined/saved"
        params = {"scrIds": screener, "count": str(MOVERS_COUNT)}
        return self._guard.call_for(
            "movers",
            screener,
            lambda: parse_movers(self._client.get_json(path, params, deadline)),
            deadline,
        )

    def fetch_sector(self, name: str, deadline: Deadline) -> Sector:
        """One sector, by its name in SECTOR_NAMES."""
        path = f"/v1/finance/sectors/{name.lower().replace(' ', '-')}"
        params = {"formatted": "true", "withReturns": "true"}
        return self._guard.call_for(
            "sectors",
            name,
            lambda: parse_sector(self._client.get_json(path, params, deadline), name),
            deadline,
        )

    def fetch_news(self, symbol: str, deadline: Deadline) -> tuple[News, ...]:
        """News of one symbol: from the search, else from the news stream."""
        return _first_with_items(
            deadline,
            lambda half_time: self.search_news(symbol, half_time),
            lambda full_time: self._second(lambda: self.stream_news([symbol], full_time)),
        )

    def fetch_headlines(self, deadline: Deadline) -> tuple[News, ...]:
        """News of the market: from the RSS feed, else from the news stream."""
        return _first_with_items(
            deadline,
            self.read_feed,
            lambda full_time: self._second(lambda: self.stream_news([], full_time)),
        )[:HEADLINES_COUNT]

    def search_news(self, symbol: str, deadline: Deadline) -> tuple[News, ...]:
        """News of one symbol, from the search."""
        params = {"q": symbol, "newsCount": str(NEWS_COUNT), "quotesCount": "0"}
        return self._guard.call_for(
            "search",
            symbol,
            lambda: parse_search_news(
                self._client.get_json("/v1/finance/search", params, deadline)
            ),
            deadline,
        )

    def read_feed(self, deadline: Deadline) -> tuple[News, ...]:
        """Headlines, from the RSS feed."""
        return self._guard.call(
            "headlines",
            lambda: parse_rss(self._client.get_document("/news/rssindex", deadline)),
            deadline,
        )

    def stream_news(self, symbols: Sequence[str], deadline: Deadline) -> tuple[News, ...]:
        """News of symbols, or of the market, from the news stream."""
        params = {"queryRef": "latestNews", "serviceKey": "ncp_fin"}
        config: dict[str, object] = {"snippetCount": NEWS_COUNT if symbols else HEADLINES_COUNT}
        if symbols:
            config["s"] = list(symbols)
        payload = {"serviceConfig": config}
        return self._guard.call_for(
            "news stream",
            ",".join(symbols),
            lambda: parse_stream_news(
                self._client.post_json("/xhr/ncp", params, payload, deadline)
            ),
            deadline,
        )

    def _second(self, fetch: Callable[[], T]) -> T:
        """A second source is a second call, and costs another token."""
        if not self._guard.budget.take_again(1):
            raise BudgetSpent("the budget is spent")
        return fetch()


def _first_with_items(
    deadline: Deadline,
    first: Callable[[Deadline], tuple[News, ...]],
    second: Callable[[Deadline], tuple[News, ...]],
) -> tuple[News, ...]:
    """The items of the first source or, when it fails or has none, those of the second.

    The first may take half of the time. Raises the second's error when both fail.
    """
    answered = False
    try:
        if items := first(Deadline.after(deadline.remaining() / 2)):
            return items
        answered = True
    except ProviderError as error:
        logger.debug("falling back for news: %s", error)
    try:
        return second(deadline)
    except ProviderError:
        if answered:
            return ()
        raise
