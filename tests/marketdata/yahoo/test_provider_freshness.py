"""Slow facts: kept while fresh, fetched once for all who ask, filled in over calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from marketdata.deadlines import Deadline
from marketdata.domain.sectors import SECTOR_NAMES
from marketdata.errors import (
    ProviderError,
    ProviderUnavailable,
)
from marketdata.providers.yahoo.provider import YahooProvider
from tests.marketdata.yahoo.answers import RETURNS, serve_everything
from tests.marketdata.yahoo.server import FakeYahoo, Reply
from tests.marketdata.yahoo.setup import make_provider

QUOTES = "/v7/finance/quote"
SUMMARY = "/v10/finance/quoteSummary/"
SCREENERS = "/v1/finance/screener/predefined/saved"
SECTOR = "/v1/finance/sectors/technology"


@pytest.fixture
def provider(yahoo: FakeYahoo) -> YahooProvider:
    serve_everything(yahoo)
    return make_provider(yahoo)


def soon(seconds: float = 30.0) -> Deadline:
    return Deadline.after(seconds)


def numbered(count: int) -> list[str]:
    return [f"SYM{number:03}" for number in range(count)]


Fetch = Callable[[YahooProvider, datetime, Deadline], object]
SLOW: list[tuple[str, float, Fetch]] = [
    (f"{SUMMARY}ACME", 600, lambda p, now, d: p.fetch_details(["ACME"], now, d).found["ACME"]),
    (
        "/v6/finance/recommendationsbysymbol/ACME",
        3600,
        lambda p, now, d: p.fetch_similar(["ACME"], now, d).found["ACME"],
    ),
    (
        "/v1/finance/search",
        300,
        lambda p, now, d: p.fetch_news(["ACME"], now, d).found["ACME"],
    ),
    (
        f"{SUMMARY}ACME",
        3600,
        lambda p, now, d: p.fetch_index_returns(["ACME"], now, d).found["ACME"],
    ),
    (SCREENERS, 15, lambda p, now, d: p.fetch_movers(now, d)),
    (SECTOR, 300, lambda p, now, d: p.fetch_sectors(now, d)),
    ("/news/rssindex", 300, lambda p, now, d: p.fetch_headlines(now, d)),
]
KINDS = ["details", "similar", "news", "returns", "movers", "sectors", "headlines"]


@pytest.mark.parametrize(("path", "seconds", "fetch"), SLOW, ids=KINDS)
def test_slow_facts_are_kept_while_fresh(
    yahoo: FakeYahoo,
    provider: YahooProvider,
    now: datetime,
    path: str,
    seconds: float,
    fetch: Fetch,
) -> None:
    first = fetch(provider, now, soon())
    assert first
    calls = yahoo.count(path)
    assert calls
    assert fetch(provider, now + timedelta(seconds=seconds - 1), soon()) == first
    assert yahoo.count(path) == calls
    assert fetch(provider, now + timedelta(seconds=seconds), soon()) == first
    assert yahoo.count(path) == 2 * calls


@pytest.mark.parametrize(("path", "seconds", "fetch"), SLOW, ids=KINDS)
def test_slow_facts_asked_for_at_once_are_fetched_once(
    yahoo: FakeYahoo,
    provider: YahooProvider,
    now: datetime,
    path: str,
    seconds: float,
    fetch: Fetch,
) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: fetch(provider, now, soon()), range(8)))
    assert all(result == results[0] for result in results)
    # What was answered is counted, and not what was sent: a lost answer is asked for again.
    calls = {
        k: v
        for k, v in provider.get_health().calls.items()
        if k not in ("credentials", "quotes", "new symbols")
    }
    answered = sum(outcomes.get("ok", 0) for outcomes in calls.values())
    assert answered == {SCREENERS: 3, SECTOR: len(SECTOR_NAMES)}.get(path, 1), calls


@pytest.mark.parametrize(("path", "seconds", "fetch"), SLOW, ids=KINDS)
def test_slow_facts_that_hang_keep_to_the_deadline_and_recover(
    yahoo: FakeYahoo,
    provider: YahooProvider,
    now: datetime,
    path: str,
    seconds: float,
    fetch: Fetch,
) -> None:
    provider.fetch_quotes(["ACME"], now, soon())
    yahoo.fail("/v6", *[Reply(mode="hang")] * 2)
    yahoo.fail("/v10", *[Reply(mode="hang")] * 2)
    yahoo.fail("/v1/finance", *[Reply(mode="hang")] * 11)
    yahoo.fail("/news", *[Reply(mode="hang")] * 2)
    yahoo.fail("/xhr", *[Reply(mode="hang")] * 2)
    started = time.monotonic()
    with pytest.raises(ProviderError):
        fetch(provider, now, soon(0.3))
    assert time.monotonic() - started < 4
    yahoo.clear_faults()
    assert fetch(provider, now, soon())


def test_an_unknown_symbol_is_not_asked_for_again_at_once(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    for seconds in (0, 299):
        at = now + timedelta(seconds=seconds)
        batch = provider.fetch_details(["ACME", "NOPE"], at, soon())
        assert (list(batch.found), dict(batch.failed)) == (["ACME"], {})
    assert yahoo.count(f"{SUMMARY}NOPE") == 1


def test_index_returns_fill_in_over_several_calls(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    symbols = [f"^IDX{number}" for number in range(10)]
    yahoo.routes |= {f"{SUMMARY}{symbol}": RETURNS for symbol in symbols}
    sizes = [len(provider.fetch_index_returns(symbols, now, soon()).found) for _ in range(4)]
    assert sizes == [4, 8, 10, 10]
    assert all(yahoo.count(f"{SUMMARY}{symbol}") == 1 for symbol in symbols)


def test_indices_that_fail_do_not_hold_up_the_others(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    symbols = [f"^IDX{number}" for number in range(8)]
    for symbol in symbols[:4]:
        yahoo.routes[f"{SUMMARY}{symbol}"] = Reply(403)
    for symbol in symbols[4:]:
        yahoo.routes[f"{SUMMARY}{symbol}"] = RETURNS
    with pytest.raises(ProviderUnavailable):
        provider.fetch_index_returns(symbols, now, soon())
    later = now + timedelta(seconds=5)
    assert list(provider.fetch_index_returns(symbols, later, soon()).found) == symbols[4:]
