"""The provider against a local server: batches, partial answers, freshness, fall-backs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from marketdata.deadlines import Deadline
from marketdata.domain.sectors import SECTOR_NAMES
from marketdata.errors import (
    DeadlineExceeded,
    MalformedAnswer,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
)
from marketdata.providers.base import Provider
from marketdata.providers.yahoo.provider import YahooProvider
from tests.marketdata.yahoo.answers import RETURNS, modules, serve_everything
from tests.marketdata.yahoo.server import Call, FakeYahoo, Reply

QUOTES = "/v7/finance/quote"
SUMMARY = "/v10/finance/quoteSummary/"
SCREENERS = "/v1/finance/screener/predefined/saved"


@pytest.fixture
def provider(yahoo: FakeYahoo) -> YahooProvider:
    serve_everything(yahoo)
    return YahooProvider(yahoo.url)


def soon(seconds: float = 5.0) -> Deadline:
    return Deadline.after(seconds)


def numbered(count: int) -> list[str]:
    return [f"SYM{number:03}" for number in range(count)]


def test_it_is_a_provider_of_real_data(provider: YahooProvider) -> None:
    typed: Provider = provider
    assert (typed.name, typed.is_simulated) == ("yahoo", False)


def test_quotes_come_in_batches_of_fifty(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    symbols = numbered(120)
    batch = provider.fetch_quotes(symbols, now, soon())
    sizes = sorted(len(call.query["symbols"].split(",")) for call in yahoo.calls_of(QUOTES))
    assert sizes == [20, 50, 50]
    assert list(batch.found) == symbols
    assert not batch.failed


def test_quotes_are_fetched_anew_each_time(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    provider.fetch_quotes(["ACME"], now, soon())
    provider.fetch_quotes(["ACME"], now, soon())
    assert yahoo.count(QUOTES) == 2


def test_batches_are_fetched_at_the_same_time(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    together = threading.Barrier(4, timeout=5)
    answer = yahoo.routes[QUOTES]

    def wait_for_the_others(call: Call) -> Any:
        together.wait()
        return answer(call)

    yahoo.routes[QUOTES] = wait_for_the_others
    assert len(provider.fetch_quotes(numbered(200), now, soon()).found) == 200


def test_unknown_symbols_are_in_neither_part(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    yahoo.routes[QUOTES] = {"quoteResponse": {"result": [{"symbol": "ACME"}], "error": None}}
    batch = provider.fetch_quotes(["ACME", "NOPE"], now, soon())
    assert (list(batch.found), dict(batch.failed)) == (["ACME"], {})


def test_a_failed_batch_takes_only_its_own_symbols_along(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    yahoo.fail(QUOTES, Reply(500))
    batch = provider.fetch_quotes(numbered(100), now, soon())
    assert (len(batch.found), len(batch.failed)) == (50, 50)
    assert {type(error) for error in batch.failed.values()} == {ProviderUnavailable}


def test_a_batch_that_hangs_does_not_hold_up_the_others(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    provider.fetch_quotes(["ACME"], now, soon())
    yahoo.fail(QUOTES, Reply(mode="hang"))
    started = time.monotonic()
    batch = provider.fetch_quotes(numbered(100), now, soon(0.5))
    assert time.monotonic() - started < 1.5
    assert (len(batch.found), len(batch.failed)) == (50, 50)
    assert {type(error) for error in batch.failed.values()} == {DeadlineExceeded}


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(429, headers={"Retry-After": "9"}), RateLimited),
        (Reply(body=b"[]"), MalformedAnswer),
        (Reply(mode="reset"), ProviderUnavailable),
    ],
)
def test_nothing_at_all_is_an_error(
    yahoo: FakeYahoo,
    provider: YahooProvider,
    now: datetime,
    reply: Reply,
    error: type[ProviderError],
) -> None:
    yahoo.fail(QUOTES, reply)
    with pytest.raises(error):
        provider.fetch_quotes(["ACME"], now, soon())


def test_nothing_asked_is_nothing_fetched(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    for fetch in (provider.fetch_quotes, provider.fetch_details, provider.fetch_index_returns):
        assert not fetch((), now, soon()).found
    assert not yahoo.calls


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
    ("/v1/finance/sectors/technology", 300, lambda p, now, d: p.fetch_sectors(now, d)),
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
    assert yahoo.count(path) == (3 if path == SCREENERS else 1)


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
    assert time.monotonic() - started < 1.5
    yahoo.clear_faults()
    assert fetch(provider, now, soon())


def test_quotes_never_queue_behind_slow_facts(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    provider.fetch_quotes(["ACME"], now, soon())
    yahoo.fail(SUMMARY, *[Reply(mode="hang")] * 20)

    def hang() -> None:
        with pytest.raises(ProviderError):
            provider.fetch_details(numbered(20), now, soon(1.5))

    thread = threading.Thread(target=hang)
    thread.start()
    assert yahoo.hanging.wait(5)
    assert provider.fetch_quotes(["ACME"], now, soon(1.0)).found
    assert thread.is_alive()
    thread.join()


def test_an_unknown_symbol_is_not_asked_for_again_at_once(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    for seconds in (0, 299):
        at = now + timedelta(seconds=seconds)
        batch = provider.fetch_details(["ACME", "NOPE"], at, soon())
        assert (list(batch.found), dict(batch.failed)) == (["ACME"], {})
    assert yahoo.count(f"{SUMMARY}NOPE") == 1


def test_one_failed_detail_leaves_the_others(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    yahoo.routes[f"{SUMMARY}BAD"] = []
    batch = provider.fetch_details(["ACME", "BAD"], now, soon())
    assert (list(batch.found), list(batch.failed)) == (["ACME"], ["BAD"])


def test_no_similar_symbols_is_an_empty_answer(provider: YahooProvider, now: datetime) -> None:
    assert provider.fetch_similar(["NOPE"], now, soon()).found == {"NOPE": ()}


def test_each_list_of_movers_fails_alone(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    answer = yahoo.routes[SCREENERS]
    yahoo.routes[SCREENERS] = lambda call: (
        Reply(500) if call.query["scrIds"] == "DAY_GAINERS" else answer
    )
    movers = provider.fetch_movers(now, soon())
    assert movers.actives
    assert movers.losers
    assert movers.gainers is None


def test_sectors_keep_their_order_and_lack_what_failed(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    yahoo.routes["/v1/finance/sectors/energy"] = Reply(500)
    names = [sector.name for sector in provider.fetch_sectors(now, soon())]
    assert names == [name for name in SECTOR_NAMES if name != "Energy"]


@pytest.mark.parametrize(
    "search", [Reply(500), {"news": []}, {"news": None}], ids=["failed", "empty", "malformed"]
)
def test_news_fall_back_to_the_stream(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime, search: Any
) -> None:
    yahoo.routes["/v1/finance/search"] = search
    (item,) = provider.fetch_news(["ACME"], now, soon()).found["ACME"]
    assert item.title == "From the stream"
    (call,) = yahoo.calls_of("/xhr/ncp")
    assert (call.method, call.query["queryRef"]) == ("POST", "latestNews")
    assert b'"s":["ACME"]' in call.body


def test_no_news_is_no_error_when_one_source_says_so(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    yahoo.routes["/v1/finance/search"] = {"news": []}
    yahoo.routes["/xhr/ncp"] = Reply(500)
    assert provider.fetch_news(["ACME"], now, soon()).found == {"ACME": ()}


def test_a_feed_that_hangs_leaves_time_for_the_stream(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    yahoo.fail("/news/rssindex", Reply(mode="hang"))
    (item,) = provider.fetch_headlines(now, soon(0.6))
    assert item.title == "From the stream"


@pytest.mark.parametrize("feed", [Reply(503), b"<rss/>", b"{}"], ids=["failed", "empty", "no feed"])
def test_headlines_fall_back_to_the_stream(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime, feed: Any
) -> None:
    yahoo.routes["/news/rssindex"] = feed
    (item,) = provider.fetch_headlines(now, soon())
    assert item.title == "From the stream"
    assert b'"s"' not in yahoo.calls_of("/xhr/ncp")[0].body


def test_headlines_need_neither_cookie_nor_crumb(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    yahoo.cookie_reply = Reply(404)
    assert len(provider.fetch_headlines(now, soon())) == 3


def test_without_any_news_source_there_is_an_error(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    yahoo.routes["/news/rssindex"] = yahoo.routes["/xhr/ncp"] = Reply(500)
    with pytest.raises(ProviderUnavailable):
        provider.fetch_headlines(now, soon())


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
        yahoo.routes[f"{SUMMARY}{symbol}"] = Reply(500)
    for symbol in symbols[4:]:
        yahoo.routes[f"{SUMMARY}{symbol}"] = RETURNS
    with pytest.raises(ProviderUnavailable):
        provider.fetch_index_returns(symbols, now, soon())
    later = now + timedelta(seconds=5)
    assert list(provider.fetch_index_returns(symbols, later, soon()).found) == symbols[4:]


def test_symbols_are_safe_in_a_path(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    yahoo.routes[f"{SUMMARY}^A&B=X/../?"] = modules()
    assert provider.fetch_details(["^A&B=X/../?"], now, soon()).found
