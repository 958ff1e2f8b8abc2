"""The provider against a local server: batches and partial answers."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import datetime
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
    SourceRefuses,
)
from marketdata.providers.base import Provider
from marketdata.providers.yahoo.provider import YahooProvider
from tests.marketdata.yahoo.answers import modules, serve_everything
from tests.marketdata.yahoo.server import Call, FakeYahoo, Reply
from tests.marketdata.yahoo.setup import make_provider

QUOTES = "/v7/finance/quote"
SUMMARY = "/v10/finance/quoteSummary/"
SCREENERS = "/v1/finance/screener/predefined/saved"


@pytest.fixture
def provider(yahoo: FakeYahoo) -> YahooProvider:
    serve_everything(yahoo)
    return make_provider(yahoo)


def soon(seconds: float = 30.0) -> Deadline:
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
    together = threading.Barrier(4, timeout=30)
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
    yahoo.fail(QUOTES, Reply(403))
    batch = provider.fetch_quotes(numbered(100), now, soon())
    assert (len(batch.found), len(batch.failed)) == (50, 50)
    assert {type(error) for error in batch.failed.values()} == {SourceRefuses}


def test_a_batch_that_hangs_does_not_hold_up_the_others(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    provider.fetch_quotes(["ACME"], now, soon())
    yahoo.fail(QUOTES, Reply(mode="hang"))
    started = time.monotonic()
    batch = provider.fetch_quotes(numbered(100), now, soon(1.0))
    assert time.monotonic() - started < 4
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
    yahoo.fail(QUOTES, *[reply] * 3)
    with pytest.raises(error):
        provider.fetch_quotes(["ACME"], now, soon())


def test_nothing_asked_is_nothing_fetched(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    for fetch in (provider.fetch_quotes, provider.fetch_details, provider.fetch_index_returns):
        assert not fetch((), now, soon()).found
    assert not yahoo.calls


def test_quotes_never_queue_behind_slow_facts(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    provider.fetch_quotes(["ACME"], now, soon())
    yahoo.fail(SUMMARY, *[Reply(mode="hang")] * 20)

    def hang() -> None:
        with pytest.raises(ProviderError):
            provider.fetch_details(numbered(20), now, soon(3.0))

    thread = threading.Thread(target=hang)
    thread.start()
    assert yahoo.hanging.wait(30)
    assert provider.fetch_quotes(["ACME"], now, soon(2.0)).found
    assert thread.is_alive()
    thread.join()


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


def test_symbols_are_safe_in_a_path(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    yahoo.routes[QUOTES] = Reply(403)
    yahoo.routes[f"{SUMMARY}^A&B=X/../?"] = modules()
    assert provider.fetch_details(["^A&B=X/../?"], now, soon()).found


def test_what_was_not_asked_for_is_neither_answered_nor_unknown(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    assert provider.fetch_details(["ACME"], now, soon()).skipped == frozenset()
    kept = provider.fetch_details(["ACME"], now, soon())
    assert (set(kept.found), kept.skipped) == ({"ACME"}, {"ACME"})
    yahoo.routes[QUOTES] = Reply(500)
    for _ in range(4):  # until newcomers are not asked for any more
        with contextlib.suppress(ProviderError):
            provider.fetch_quotes(["WILE"], now, soon())
    calls = len(yahoo.calls)
    batch = provider.fetch_news(["WILE"], now, soon())
    assert len(yahoo.calls) == calls
    assert (batch.found, batch.failed, batch.skipped) == ({}, {}, {"WILE"})
