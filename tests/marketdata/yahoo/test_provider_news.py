"""News and headlines: two sources each, one falling back on the other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from marketdata.deadlines import Deadline
from marketdata.errors import (
    ProviderUnavailable,
)
from marketdata.providers.yahoo.provider import YahooProvider
from tests.marketdata.yahoo.answers import serve_everything
from tests.marketdata.yahoo.server import FakeYahoo, Reply
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
    (item,) = provider.fetch_headlines(now, soon(2.0))
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
