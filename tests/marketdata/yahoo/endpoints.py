"""Every endpoint of Yahoo as the provider uses it, for tests that hold for all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from marketdata.deadlines import Deadline
from marketdata.domain.sectors import SECTOR_NAMES
from marketdata.providers.yahoo.provider import YahooProvider
from tests.marketdata.yahoo.server import FakeYahoo

Fetch = Callable[[YahooProvider, datetime, Deadline], object]


class Endpoint(msgspec.Struct, frozen=True):
    """One way to data: `fetch` gives something true; `paths` are those that can break it."""

    name: str
    paths: tuple[str, ...]
    fetch: Fetch

    def count(self, yahoo: FakeYahoo) -> int:
        """Calls so far, of the path that has most."""
        return max(yahoo.count(path) for path in self.paths)


SECTOR_PATHS = tuple(
    f"/v1/finance/sectors/{name.lower().replace(' ', '-')}" for name in SECTOR_NAMES
)
SUMMARY = "/v10/finance/quoteSummary/ACME"
ENDPOINTS = (
    Endpoint(
        "quotes",
        ("/v7/finance/quote",),
        lambda p, now, d: p.fetch_quotes(["ACME"], now, d).found.get("ACME"),
    ),
    Endpoint("details", (SUMMARY,), lambda p, now, d: p.fetch_details(["ACME"], now, d).found),
    Endpoint(
        "similar",
        ("/v6/finance/recommendationsbysymbol/ACME",),
        lambda p, now, d: p.fetch_similar(["ACME"], now, d).found,
    ),
    Endpoint(
        "news",
        ("/v1/finance/search", "/xhr/ncp"),
        lambda p, now, d: p.fetch_news(["ACME"], now, d).found.get("ACME"),
    ),
    Endpoint(
        "returns", (SUMMARY,), lambda p, now, d: p.fetch_index_returns(["ACME"], now, d).found
    ),
    Endpoint(
        "movers",
        ("/v1/finance/screener/predefined/saved",),
        lambda p, now, d: p.fetch_movers(now, d).actives,
    ),
    Endpoint("sectors", SECTOR_PATHS, lambda p, now, d: p.fetch_sectors(now, d)),
    Endpoint(
        "headlines", ("/news/rssindex", "/xhr/ncp"), lambda p, now, d: p.fetch_headlines(now, d)
    ),
)
