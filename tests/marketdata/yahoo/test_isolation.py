"""A symbol that makes whole calls fail, and one that cannot be had: the others do not notice."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from marketdata.clock import SYSTEM_CLOCK
from marketdata.deadlines import Deadline
from marketdata.errors import ProviderError, ProviderUnavailable, SourcePaused
from marketdata.providers.yahoo.key_pauses import KeyPauses
from marketdata.providers.yahoo.provider import YahooProvider
from tests.marketdata.yahoo.answers import ACME, quotes, quotes_of_request, serve_everything
from tests.marketdata.yahoo.server import Call, FakeYahoo, Reply, error_reply
from tests.marketdata.yahoo.setup import FakeClock, make_provider

QUOTES = "/v7/finance/quote"
TICK = 5.0
GOOD = [f"GOOD{number:02}" for number in range(45)]
POISON = {
    "400": error_reply(400, "Bad Request", "Something with a symbol"),
    "404": error_reply(404, "Not Found", "No such symbol"),
    "422": error_reply(422, "Unprocessable", "Something with a symbol"),
    "500": error_reply(500, "internal-error", "Something broke"),
    "page": Reply(500, b"<html>Will be right back</html>"),
    "garbage": Reply(body=b"{{ this is no JSON"),
    "empty": Reply(),
}


class Ticks:
    def __init__(self, yahoo: FakeYahoo, now: datetime) -> None:
        self.yahoo, self.clock, self.now = yahoo, FakeClock(), now
        serve_everything(yahoo)
        self.provider = make_provider(yahoo, self.clock, requests_per_second=2.0, burst=20)

    def poison(self, reply: Reply, *symbols: str) -> None:
        def answer(call: Call) -> Any:
            asked = call.query["symbols"].split(",")
            return reply if set(symbols) & set(asked) else quotes_of_request(call)

        self.yahoo.routes[QUOTES] = answer

    def tick(self, symbols: list[str]) -> set[str]:
        """Those of which there is a quote."""
        self.clock.pass_by(TICK)
        self.now += timedelta(seconds=TICK)
        try:
            return set(self.provider.fetch_quotes(symbols, self.now, Deadline.after(5)).found)
        except ProviderError:
            return set()


@pytest.fixture
def ticks(yahoo: FakeYahoo, now: datetime) -> Ticks:
    return Ticks(yahoo, now)


@pytest.mark.parametrize("reply", POISON.values(), ids=POISON)
def test_a_poison_symbol_costs_nobody_a_tick(ticks: Ticks, reply: Reply) -> None:
    assert ticks.tick(GOOD) == set(GOOD)
    ticks.poison(reply, "BAD")
    for _ in range(6):
        assert ticks.tick([*GOOD, "BAD"]) == set(GOOD)


@pytest.mark.parametrize("reply", POISON.values(), ids=POISON)
def test_newcomers_beside_it_come_soon(ticks: Ticks, reply: Reply) -> None:
    ticks.tick(GOOD[:1])
    ticks.poison(reply, "BAD", "WORSE")
    shown = [ticks.tick([*GOOD, "BAD", "WORSE"]) for _ in range(6)]
    assert shown[-1] == set(GOOD)


@pytest.mark.parametrize("reply", POISON.values(), ids=POISON)
def test_one_that_becomes_poison_is_found_among_the_others(ticks: Ticks, reply: Reply) -> None:
    ticks.tick([*GOOD, "BAD"])
    ticks.poison(reply, "BAD")
    shown = [ticks.tick([*GOOD, "BAD"]) for _ in range(4)]
    assert shown[-1] == set(GOOD)


def test_it_is_left_out_for_five_minutes_and_then_asked_for_again(ticks: Ticks) -> None:
    ticks.tick(GOOD)
    ticks.poison(POISON["500"], "BAD")
    for _ in range(4):
        ticks.tick([*GOOD, "BAD"])
    ticks.yahoo.calls.clear()
    for _ in range(10):
        ticks.tick([*GOOD, "BAD"])
    assert len(ticks.yahoo.calls_of(QUOTES)) == 10
    ticks.yahoo.routes[QUOTES] = quotes_of_request
    ticks.clock.pass_by(300)
    ticks.now += timedelta(seconds=300)
    assert ticks.tick([*GOOD, "BAD"]) == {*GOOD, "BAD"}


@pytest.mark.parametrize("reply", POISON.values(), ids=POISON)
def test_an_outage_makes_no_symbol_poison(ticks: Ticks, reply: Reply) -> None:
    ticks.tick(GOOD)
    ticks.yahoo.routes[QUOTES] = reply
    for _ in range(4):
        assert not ticks.tick(GOOD)
    ticks.yahoo.routes[QUOTES] = quotes_of_request
    assert any(ticks.tick(GOOD) == set(GOOD) for _ in range(4))


def test_one_bad_value_costs_its_field_and_one_bad_row_its_row(
    yahoo: FakeYahoo, ticks: Ticks
) -> None:
    body = json.dumps(quotes(ACME, {**ACME, "symbol": "B", "marketCap": "@"}, [1], None))
    yahoo.routes[QUOTES] = body.replace('"@"', "NaN").encode()
    batch = ticks.provider.fetch_quotes(["ACME", "B"], ticks.now, Deadline.after(5))
    assert (batch.found["B"].price, batch.found["B"].market_cap) == (150.25, None)
    assert batch.found["ACME"].market_cap


Fetch = Callable[[YahooProvider, list[str], datetime, Deadline], Any]
FACTS: list[tuple[str, Fetch]] = [
    ("/v10/finance/quoteSummary/", lambda p, *asked: p.fetch_details(*asked)),
    ("/v6/finance/recommendationsbysymbol/", lambda p, *asked: p.fetch_similar(*asked)),
]


@pytest.mark.parametrize(("path", "fetch"), FACTS)
def test_one_symbol_whose_facts_fail_costs_the_others_nothing(
    ticks: Ticks, path: str, fetch: Fetch
) -> None:
    yahoo = ticks.yahoo
    good = yahoo.routes[f"{path}ACME"]
    yahoo.routes[f"{path}BAD"] = POISON["500"]
    for _ in range(20):
        ticks.tick(["BAD", *GOOD])
        with pytest.raises(ProviderUnavailable):
            fetch(ticks.provider, ["BAD"], ticks.now, Deadline.after(5))
    # Three tries, then after 2, 4, 8, 16 seconds and every 30.
    assert yahoo.count(f"{path}BAD") <= 3 + 4 + 3
    yahoo.routes[f"{path}GOOD01"] = good
    batch = fetch(ticks.provider, ["BAD", "GOOD01"], ticks.now, Deadline.after(5))
    assert "GOOD01" in batch.found


def test_only_so_many_failed_keys_are_remembered() -> None:
    pauses = KeyPauses(SYSTEM_CLOCK, max_remembered=3)
    for number in range(10):
        pauses.failed("details", str(number), "errors")
    assert len(pauses) == 3
    with pytest.raises(SourcePaused) as caught:
        pauses.check("details", "9")
    assert caught.value.reason == "errors"
    pauses.check("details", "0")
