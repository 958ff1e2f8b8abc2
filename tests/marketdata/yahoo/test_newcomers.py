"""Symbols that nobody has seen before: welcome while they exist, a tenth of the budget when not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import pytest

from marketdata.deadlines import Deadline
from marketdata.providers.yahoo.newcomers import Newcomers
from marketdata.providers.yahoo.provider import YahooProvider
from tests.marketdata.yahoo.answers import ACME, SIMILAR, STOCK, quotes, serve_everything
from tests.marketdata.yahoo.server import Call, FakeYahoo
from tests.marketdata.yahoo.setup import FakeClock, make_provider

QUOTES = "/v7/finance/quote"
TICK = 5.0
KNOWN = ["ACME", "WILE"]


def soon() -> Deadline:
    return Deadline.after(30)


def only_known(call: Call) -> object:
    """A Yahoo that knows what begins like a known symbol, and none of those made up."""
    asked = call.query["symbols"].split(",")
    return quotes(*({**ACME, "symbol": s} for s in asked if not s.startswith("X")))


@pytest.fixture
def made_up() -> Iterator[str]:
    return (f"X{number:06}" for number in count())


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def provider(yahoo: FakeYahoo, clock: FakeClock) -> YahooProvider:
    """With the budget of the defaults: two calls a second, twenty at once."""
    serve_everything(yahoo)
    yahoo.routes[QUOTES] = only_known
    return make_provider(yahoo, clock, requests_per_second=2.0, burst=20)


def test_made_up_symbols_cost_a_tenth_of_the_budget_and_others_nothing_of_theirs(
    yahoo: FakeYahoo,
    provider: YahooProvider,
    clock: FakeClock,
    now: datetime,
    made_up: Iterator[str],
) -> None:
    """Somebody names two hundred new ones five times a second, for five minutes."""
    assert provider.fetch_quotes(KNOWN, now - timedelta(seconds=TICK), soon()).found
    for tick in range(60):
        for part in range(25):
            at = now + timedelta(seconds=tick * TICK + part * 0.2)
            clock.pass_by(0.2)
            flood = [next(made_up) for _ in range(200)]
            if part:
                assert not provider.fetch_quotes(flood, at, soon()).found
            else:
                batch = provider.fetch_quotes([*KNOWN, *flood], at, soon())
                assert list(batch.found) == KNOWN
            assert not batch.failed
    calls = [call.query["symbols"] for call in yahoo.calls_of(QUOTES)]
    in_vain = [call for call in calls if "X" in call]
    assert len(calls) - len(in_vain) == 1 + 60
    assert len(in_vain) <= 0.1 * (20 + 2 * 300)


def test_a_newcomer_that_exists_comes_in_beside_the_flood(
    provider: YahooProvider, clock: FakeClock, now: datetime, made_up: Iterator[str]
) -> None:
    """Who goes on waiting goes before those who come and go."""
    for _ in range(20):
        provider.fetch_quotes([next(made_up) for _ in range(200)], now, soon())
    for tick in range(1, 4):
        clock.pass_by(TICK)
        at = now + timedelta(seconds=tick * TICK)
        flood = [next(made_up) for _ in range(200)]
        found = provider.fetch_quotes([*flood, "ZEBRA"], at, soon()).found
        if found:
            break
    assert list(found) == ["ZEBRA"]


def test_many_newcomers_that_exist_come_in_at_once(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    """As after a restart: what is not in vain costs no more than any call."""
    symbols = [f"SYM{number:04}" for number in range(500)]
    assert set(provider.fetch_quotes(symbols, now, soon()).found) == set(symbols)
    assert yahoo.count(QUOTES) == 10


def test_nothing_else_is_asked_about_a_symbol_that_does_not_exist(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    yahoo.routes |= {"/v10/finance/quoteSummary/XNOPE": STOCK}
    yahoo.routes |= {"/v6/finance/recommendationsbysymbol/XNOPE": SIMILAR}
    for fetch in (provider.fetch_details, provider.fetch_similar, provider.fetch_news):
        batch = fetch(["XNOPE", "ACME"], now, soon())
        assert (set(batch.found), dict(batch.failed)) == ({"ACME"}, {})
    assert not [call for call in yahoo.calls if "XNOPE" in call.path]
    assert not [call for call in yahoo.calls if call.query.get("q") == "XNOPE"]


def test_the_quotes_of_a_profile_s_first_look_are_not_asked_for_twice(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    assert provider.fetch_similar(["ACME"], now, soon()).found
    assert provider.fetch_details(["ACME"], now, soon()).found
    assert provider.fetch_quotes(["ACME"], now, soon()).found
    assert yahoo.count(QUOTES) == 1
    assert provider.fetch_quotes(["ACME"], now + timedelta(seconds=TICK), soon()).found
    assert yahoo.count(QUOTES) == 2


def test_only_so_many_are_remembered() -> None:
    newcomers = Newcomers(max_remembered=100)
    for number in range(1000):
        newcomers.queue([f"X{number}"], float(number))
        assert len(newcomers) <= 100


def test_who_was_not_asked_for_the_longest_is_first() -> None:
    newcomers = Newcomers()
    assert newcomers.queue(["A", "B"], 1.0) == ["A", "B"]
    newcomers.asked(["A"], 1.0)
    assert newcomers.queue(["A", "B"], 1.0) == ["B"]
    assert newcomers.queue(["C", "A", "B"], 2.0) == ["B", "C", "A"]
    newcomers.forget(["B"])
    assert newcomers.queue(["B", "C"], 3.0) == ["C", "B"]
