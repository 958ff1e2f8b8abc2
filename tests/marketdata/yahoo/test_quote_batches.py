"""A tick's quotes: lost rows, unknown symbols, and turns when the budget is small."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from marketdata.deadlines import Deadline
from marketdata.domain.quote import SimpleQuote
from marketdata.errors import ProviderUnavailable
from marketdata.providers.base import Batch
from marketdata.providers.yahoo.provider import YahooProvider
from tests.marketdata.yahoo.answers import ACME, quotes, serve_everything
from tests.marketdata.yahoo.server import Call, FakeYahoo, Reply
from tests.marketdata.yahoo.setup import FakeClock, make_provider

QUOTES = "/v7/finance/quote"
TICK = 5.0


class Ticker:
    """A provider that is asked every tick."""

    def __init__(self, provider: YahooProvider, clock: FakeClock, now: datetime) -> None:
        self.provider, self.clock, self.now = provider, clock, now

    def tick(self, symbols: Sequence[str], seconds: float = TICK) -> Batch[SimpleQuote]:
        self.clock.pass_by(seconds)
        self.now += timedelta(seconds=seconds)
        return self.provider.fetch_quotes(symbols, self.now, Deadline.after(5))


@pytest.fixture
def ticker(yahoo: FakeYahoo, now: datetime) -> Ticker:
    serve_everything(yahoo)
    clock = FakeClock()
    return Ticker(make_provider(yahoo, clock), clock, now)


@pytest.fixture
def poor(yahoo: FakeYahoo, now: datetime) -> Ticker:
    """With the budget of the defaults: two calls a second, twenty at once."""
    serve_everything(yahoo)
    clock = FakeClock()
    return Ticker(make_provider(yahoo, clock, requests_per_second=2.0, burst=20), clock, now)


def asked(yahoo: FakeYahoo) -> list[set[str]]:
    return [set(call.query["symbols"].split(",")) for call in yahoo.calls_of(QUOTES)]


def numbered(count: int) -> list[str]:
    return [f"SYM{number:04}" for number in range(count)]


def lose(yahoo: FakeYahoo, *lost: str, times: int = 10**6) -> None:
    """The next answers lack these rows."""
    left = [times]

    def answer(call: Call) -> object:
        left[0] -= 1
        symbols = call.query["symbols"].split(",")
        kept = [s for s in symbols if left[0] < 0 or s not in lost]
        return quotes(*({**ACME, "symbol": symbol} for symbol in kept))

    yahoo.routes[QUOTES] = answer


def test_a_lost_row_is_asked_for_again_at_once(yahoo: FakeYahoo, ticker: Ticker) -> None:
    lose(yahoo, "B", times=1)
    batch = ticker.tick(["A", "B", "C"])
    assert list(batch.found) == ["A", "B", "C"]
    assert asked(yahoo) == [{"A", "B", "C"}, {"B"}]


def test_two_misses_make_a_symbol_unknown_for_five_minutes(
    yahoo: FakeYahoo, ticker: Ticker
) -> None:
    lose(yahoo, "NOPE")
    for _ in range(60):
        batch = ticker.tick(["A", "NOPE"])
        assert (set(batch.found), dict(batch.failed), set(batch.skipped)) == ({"A"}, {}, set())
    assert [symbols for symbols in asked(yahoo) if "NOPE" in symbols] == [{"A", "NOPE"}, {"NOPE"}]
    lose(yahoo)
    assert set(ticker.tick(["A", "NOPE"]).found) == {"A", "NOPE"}


def test_a_delisted_row_is_unknown_too(yahoo: FakeYahoo, ticker: Ticker) -> None:
    yahoo.routes[QUOTES] = quotes(ACME, {"symbol": "GONE", "quoteType": "NONE"})
    batch = ticker.tick(["ACME", "GONE"])
    assert (set(batch.found), dict(batch.failed)) == ({"ACME"}, {})


def test_an_answer_without_any_row_makes_nothing_unknown(yahoo: FakeYahoo, ticker: Ticker) -> None:
    ticker.tick(["A", "B"])
    yahoo.routes[QUOTES] = quotes()
    with pytest.raises(ProviderUnavailable):
        ticker.tick(["A", "B"])
    lose(yahoo)
    assert set(ticker.tick(["A", "B"]).found) == {"A", "B"}


def test_lost_rows_that_fail_the_second_time_have_failed(yahoo: FakeYahoo, ticker: Ticker) -> None:
    lose(yahoo, "B", times=1)
    good = yahoo.routes[QUOTES]
    yahoo.routes[QUOTES] = lambda call: Reply(403) if call.query["symbols"] == "B" else good(call)
    batch = ticker.tick(["A", "B"])
    assert (set(batch.found), set(batch.failed)) == ({"A"}, {"B"})


def test_symbols_take_turns_and_show_the_quote_of_their_last_one(
    yahoo: FakeYahoo, poor: Ticker
) -> None:
    symbols = numbered(1000)
    for _ in range(6):
        batch = poor.tick(symbols)
        assert not batch.failed
    assert set(batch.found) == set(symbols)
    assert len(batch.skipped) >= 400
    turns = poor.provider.get_health().turns
    assert turns is not None
    assert (turns.symbols, turns.waiting) == (1000, 0)
    assert 0 < turns.mean_age_seconds < turns.oldest_age_seconds <= 20
    yahoo.calls.clear()
    for _ in range(10):
        poor.tick(symbols)
    assert len(yahoo.calls) <= 10 * TICK * 2


def test_five_thousand_symbols_are_all_refreshed_within_the_age_that_is_allowed(
    yahoo: FakeYahoo, poor: Ticker
) -> None:
    symbols = numbered(5000)
    oldest = []
    for number in range(30):
        found = poor.tick(symbols).found
        turns = poor.provider.get_health().turns
        assert turns is not None
        if number > 14:
            assert len(found) == 5000
            oldest.append(turns.oldest_age_seconds)
    assert max(oldest) <= 2 * 5000 / 80 + 15
    assert len(yahoo.calls_of(QUOTES)) <= 20 + 30 * TICK * 2


def test_a_turn_that_failed_shows_nothing_old(yahoo: FakeYahoo, poor: Ticker) -> None:
    symbols = numbered(1000)
    for _ in range(5):
        poor.tick(symbols)
    yahoo.routes[QUOTES] = Reply(403)
    batch = poor.tick(symbols)
    assert batch.failed
    assert not set(batch.failed) & set(batch.found)
    for _ in range(5):
        with pytest.raises(ProviderUnavailable):
            poor.tick(symbols)


def test_quotes_shown_from_an_earlier_turn_are_never_older_than_the_budget_explains(
    yahoo: FakeYahoo, poor: Ticker
) -> None:
    symbols = numbered(1000)
    for _ in range(5):
        poor.tick(symbols)
    assert poor.tick(symbols, seconds=0.01).found
    # After a pause of the whole service, say.
    batch = poor.tick(symbols, seconds=100)
    assert set(batch.found) == set(symbols) - set(batch.skipped)


def test_the_most_wanted_symbols_come_first(yahoo: FakeYahoo, poor: Ticker) -> None:
    wanted = [f"Z{number:03}" for number in range(100)]
    batch = poor.tick([*wanted, *numbered(2000)])
    assert set(wanted) <= set(batch.found)


def test_without_tokens_nothing_is_called_and_nothing_is_called_a_failure(
    yahoo: FakeYahoo, now: datetime
) -> None:
    serve_everything(yahoo)
    clock = FakeClock()
    provider = make_provider(yahoo, clock, requests_per_second=0.1, burst=3)
    ticker = Ticker(provider, clock, now)
    assert ticker.tick(["A"]).found  # cookie, crumb and quote
    for _ in range(2):
        batch = ticker.tick(["A"], seconds=1)
        assert (list(batch.found), set(batch.skipped)) == (["A"], {"A"})
    assert len(yahoo.calls) == 3
