"""The refresh: one fetch for all, a valid payload for each, whatever the provider does."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from marketdata.domain.indices import INDICES
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, SimpleQuote
from marketdata.errors import ProviderUnavailable
from marketdata.providers.base import Batch
from streams.fetching import Fetcher
from streams.refresh import Refresher
from streams.state import memory_state
from streams.subscriptions import Endpoint, Subscription
from streams.topics import TOPICS
from tests.fake_provider import FakeProvider, raising

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
PROFILE = Subscription(Endpoint.PROFILE, ("AAPL",))
MARKET = Subscription(Endpoint.MARKET)
HOURS = Subscription(Endpoint.HOURS)
METHODS = [name for name in vars(FakeProvider) if name.startswith("fetch_")]


def quotes(*symbols: str) -> Subscription:
    return Subscription(Endpoint.QUOTES, symbols)


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


@pytest.fixture
def refresher(provider: FakeProvider) -> Refresher:
    return make_refresher(provider)


def make_refresher(provider: FakeProvider, interval_seconds: float = 0.5) -> Refresher:
    state = memory_state(interval_seconds)
    return Refresher(Fetcher(provider, state.quotes), state, interval_seconds)


def payloads(refresher: Refresher, *subscriptions: Subscription, now: datetime = NOW) -> list[Any]:
    made = {s.subscription: s for s in refresher.refresh(subscriptions, now)}
    return [json.loads(made[subscription].payload) for subscription in subscriptions]


def test_everything_a_tick_needs_is_one_union_of_symbols(
    refresher: Refresher, provider: FakeProvider
) -> None:
    payloads(refresher, quotes("AAPL", "MSFT"), quotes("MSFT", "NVDA"), PROFILE, MARKET, HOURS)
    (union,) = provider.quoted
    indices = {index.symbol for index in INDICES}
    assert set(union) == {"AAPL", "MSFT", "NVDA", "AAPL1", "AAPL2"} | indices
    assert len(union) == len(set(union))
    assert set(provider.calls.values()) == {1}


def test_a_profile_changes_with_whatever_of_it_changes(
    refresher: Refresher, provider: FakeProvider
) -> None:
    """Its parts are kept encoded: none may be kept for too long."""
    (first,) = payloads(refresher, PROFILE)
    (same,) = payloads(refresher, PROFILE, now=NOW + timedelta(seconds=5))
    assert same["quote"] == first["quote"]
    published = NOW - timedelta(hours=1)
    news = News(title="T", link="https://example.com/", source="Wire", published_at=published)
    provider.faults["fetch_news"] = lambda: Batch({"AAPL": (news,)})
    (later,) = payloads(refresher, PROFILE, now=NOW + timedelta(seconds=10))
    assert [(item["title"], item["time"]) for item in later["news"]] == [("T", "1 hour ago")]
    (older,) = payloads(refresher, PROFILE, now=NOW + timedelta(hours=1, seconds=10))
    assert [(item["title"], item["time"]) for item in older["news"]] == [("T", "2 hours ago")]
    quote = SimpleQuote(symbol="AAPL", name="Apple", price=151.0)
    provider.faults["fetch_quotes"] = lambda: Batch({"AAPL": quote})
    provider.faults["fetch_details"] = lambda: Batch(
        {"AAPL": QuoteDetail(symbol="AAPL", about="New.")}
    )
    (newest,) = payloads(refresher, PROFILE, now=NOW + timedelta(hours=1, seconds=20))
    assert newest["quote"]["price"] == "151.00"
    assert newest["quote"]["about"] == "New."


def test_what_did_not_change_is_not_encoded_again(provider: FakeProvider) -> None:
    fetcher = Fetcher(provider, memory_state(0.5).quotes)
    provider.faults["fetch_news"] = lambda: Batch({"AAPL": ()})
    first, later = (
        fetcher.fetch(TOPICS[Endpoint.PROFILE].needs(PROFILE), now, 5, now.timestamp())
        for now in (NOW, NOW + timedelta(seconds=5))
    )
    detail = first.details["AAPL"]
    assert first.encoded_news("AAPL") is later.encoded_news("AAPL")
    assert first.encoded_quotes(["AAPL1"])[0] is later.encoded_quotes(["AAPL1"])[0]
    whole = first.encoded_profile_quote("AAPL", detail)
    assert whole is not None
    assert whole is later.encoded_profile_quote("AAPL", detail)


def test_hours_alone_ask_the_provider_nothing(refresher: Refresher, provider: FakeProvider) -> None:
    (hours,) = payloads(refresher, HOURS)
    assert hours["status"] == "Open"
    assert hours["reason"] == "Regular trading hours"
    assert hours["timestamp"] == "2026-11-23T15:00:00Z"
    assert not provider.calls


def test_quotes_leave_out_what_is_unknown(refresher: Refresher) -> None:
    (some, none) = payloads(refresher, quotes("AAPL", "UNKNOWN"), quotes("UNKNOWN"))
    assert some == [
        {
            "symbol": "AAPL",
            "name": "AAPL Inc.",
            "price": "150.25",
            "change": "+2.15",
            "percentChange": "+1.45%",
        }
    ]
    assert none == []


def test_a_profile_has_all_its_parts(refresher: Refresher) -> None:
    (profile,) = payloads(refresher, PROFILE)
    assert profile["quote"]["price"] == "150.25"
    assert profile["quote"]["about"] == "What it does."
    assert profile["quote"]["yield"] is None
    assert [quote["symbol"] for quote in profile["similar"]] == ["AAPL1", "AAPL2"]
    assert profile["sectorPerformance"]["dayReturn"] == "+1.25%"
    assert profile["news"][0]["time"] == "just now"


def test_a_symbol_is_not_fetched_twice_within_a_tick(
    refresher: Refresher, provider: FakeProvider
) -> None:
    refresher.first([quotes("AAPL", "MSFT")], NOW)
    refresher.first([quotes("MSFT", "UNKNOWN")], NOW)
    refresher.first([quotes("AAPL", "NVDA", "UNKNOWN")], NOW)
    assert provider.quoted == [("AAPL", "MSFT"), ("UNKNOWN",), ("NVDA",)]


def test_every_tick_fetches_anew(refresher: Refresher, provider: FakeProvider) -> None:
    payloads(refresher, quotes("AAPL"))
    payloads(refresher, quotes("AAPL"), now=NOW + timedelta(seconds=0.5))
    assert provider.quoted == [("AAPL",), ("AAPL",)]


def test_a_newcomer_gets_the_snapshot_of_this_tick(
    refresher: Refresher, provider: FakeProvider
) -> None:
    (made,) = refresher.refresh([quotes("AAPL")], NOW)
    refresher.keep([made])
    (first,) = refresher.first([quotes("AAPL")], NOW + timedelta(seconds=0.4))
    assert first == made
    (later,) = refresher.first([quotes("AAPL")], NOW + timedelta(seconds=0.6))
    assert later.made_at > made.made_at
    assert len(provider.quoted) == 2


def test_threads_that_need_the_same_symbol_share_one_fetch(
    refresher: Refresher, provider: FakeProvider
) -> None:
    asked, may_answer = threading.Event(), threading.Event()

    def answer_late() -> Batch[Any]:
        asked.set()
        assert may_answer.wait(30)
        return Batch({"AAPL": FakeProvider().fetch_quotes(["AAPL"], NOW, None).found["AAPL"]})  # type: ignore[arg-type]

    provider.faults["fetch_quotes"] = answer_late
    results: list[Any] = []
    threads = [
        threading.Thread(target=lambda: results.append(refresher.first([quotes("AAPL")], NOW)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    assert asked.wait(30)
    may_answer.set()
    for thread in threads:
        thread.join(30)
    assert [len(json.loads(result[0].payload)) for result in results] == [1, 1, 1, 1]
    assert provider.calls["fetch_quotes"] == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "fault",
    [
        raising(ProviderUnavailable("down")),
        raising(RuntimeError("a bug")),
        lambda: None,
        lambda: 42,
        lambda: Batch({"AAPL": "nonsense"}),
        lambda: ("nonsense",),
    ],
    ids=["unavailable", "bug", "none", "number", "nonsense-batch", "nonsense-list"],
)
def test_whatever_one_part_does_the_rest_is_sent(
    refresher: Refresher, provider: FakeProvider, method: str, fault: Any
) -> None:
    provider.faults[method] = fault
    profile, market, hours, listed = payloads(refresher, PROFILE, MARKET, HOURS, quotes("MSFT"))
    assert set(profile) == {"quote", "similar", "sectorPerformance", "news", "status"}
    assert set(market) == {"actives", "gainers", "losers", "indices", "headlines", "sectors"}
    assert hours["status"] == "Open"
    assert isinstance(listed, list)


def test_a_part_that_fails_is_null_or_empty_and_the_others_are_there(
    refresher: Refresher, provider: FakeProvider
) -> None:
    provider.faults["fetch_quotes"] = raising(ProviderUnavailable("down"))
    profile, market = payloads(refresher, PROFILE, MARKET)
    assert profile["quote"] is None
    assert profile["status"] == "unavailable"
    assert profile["similar"] == []
    assert profile["sectorPerformance"] is not None
    assert profile["news"]
    assert market["indices"] == []
    assert market["actives"]


def test_a_provider_that_hangs_costs_its_parts_and_not_the_tick(provider: FakeProvider) -> None:
    release = threading.Event()
    provider.faults["fetch_quotes"] = lambda: release.wait(10)
    refresher = make_refresher(provider, interval_seconds=0.2)
    market, hours = payloads(refresher, MARKET, HOURS)
    assert market["indices"] == []
    assert market["sectors"]
    assert hours["status"] == "Open"
    del provider.faults["fetch_quotes"]
    (after,) = payloads(refresher, MARKET, now=NOW + timedelta(seconds=0.2))
    assert after["indices"], "the hung call must not stand in the way of the next tick's"
    release.set()


def test_a_profile_tells_an_unknown_symbol_from_one_that_could_not_be_asked_for(
    refresher: Refresher, provider: FakeProvider
) -> None:
    unknown = Subscription(Endpoint.PROFILE, ("UNKNOWN",))
    (known, nothing) = payloads(refresher, PROFILE, unknown)
    assert (known["status"], nothing["quote"], nothing["status"]) == ("ok", None, "unknown")
    # What was answered a moment ago need not be asked again.
    (again,) = payloads(refresher, unknown)
    assert again["status"] == "unknown"
    provider.faults["fetch_quotes"] = raising(ProviderUnavailable("down"))
    later = NOW + timedelta(minutes=1)
    assert [p["status"] for p in payloads(refresher, PROFILE, unknown, now=later)] == [
        "unavailable",
        "unavailable",
    ]
    assert refresher.watch.get().state == "down"
