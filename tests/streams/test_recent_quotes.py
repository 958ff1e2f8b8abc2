"""Recent quotes: what somebody fetched a moment ago need not be fetched again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from marketdata.domain.quote import SimpleQuote
from tests.redis_server import RedisServer
from tests.streams.conftest import Age, MakeState
from tests.streams.nodes import TIMEOUT_SECONDS, Node, at_most

NOW = 1_800_000_000.0
TICK = 1.0
HOUR = 3600.0


def quote(symbol: str, price: Any = 150.25) -> SimpleQuote:
    return SimpleQuote(symbol=symbol, name=f"{symbol} Ünïcode", price=price, change=1.0)


AAPL, MSFT = quote("AAPL"), quote("MSFT")


def test_what_was_put_is_found_and_so_is_what_the_provider_does_not_know(
    make_state: MakeState,
) -> None:
    quotes = make_state(TICK).quotes
    quotes.put({"AAPL": AAPL, "UNKNOWN": None}, NOW)
    quotes.put({"MSFT": MSFT}, NOW + 0.1)
    assert quotes.get(["AAPL", "UNKNOWN", "NVDA"], NOW) == {"AAPL": AAPL, "UNKNOWN": None}
    assert quotes.get(["AAPL", "MSFT"], NOW + 0.05) == {"MSFT": MSFT}
    assert quotes.get([], NOW) == {}
    quotes.put({}, NOW)


def test_a_newer_quote_takes_the_place_of_an_older(make_state: MakeState) -> None:
    quotes = make_state(TICK).quotes
    quotes.put({"AAPL": AAPL}, NOW)
    newer = quote("AAPL", 151.0)
    quotes.put({"AAPL": newer}, NOW + TICK)
    assert quotes.get(["AAPL"], NOW + TICK - 0.2) == {"AAPL": newer}


def test_when_the_clock_was_set_back_quotes_of_the_future_are_not_taken_for_new(
    make_state: MakeState,
) -> None:
    quotes = make_state(TICK).quotes
    quotes.put({"AAPL": AAPL, "MSFT": MSFT}, NOW)
    assert quotes.get(["AAPL"], NOW - HOUR) == {}
    again = quote("AAPL", 151.0)
    quotes.put({"AAPL": again}, NOW - HOUR)
    assert quotes.get(["AAPL", "MSFT"], NOW - HOUR) == {"AAPL": again}


def test_a_quote_with_nonsense_in_it_does_not_keep_the_others_from_being_put(
    make_node: Callable[[float], Node],
) -> None:
    one, other = (make_node(TICK).state.quotes for _ in range(2))
    one.put({"AAPL": AAPL, "BAD": quote("BAD", object()), "BIG": quote("BIG", 2**70)}, NOW)
    one.put({"MSFT": MSFT, "TEXT": quote("TEXT", "150")}, NOW)
    assert other.get(["AAPL", "BAD", "BIG", "MSFT", "TEXT"], NOW) == {"AAPL": AAPL, "MSFT": MSFT}


# --- A cluster ------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("fetched_at", [NOW, NOW + 0.4, NOW + 0.999])
def test_every_process_finds_what_one_fetched_at_most_a_tick_ago(
    make_node: Callable[[float], Node], fetched_at: float, age: float
) -> None:
    one, other = (make_node(TICK).state.quotes for _ in range(2))
    one.put({"AAPL": AAPL, "UNKNOWN": None}, fetched_at)
    known = {"AAPL": AAPL, "UNKNOWN": None}
    assert other.get(["AAPL", "UNKNOWN"], fetched_at + age - TICK) == known
    assert other.get(["AAPL"], fetched_at + 0.001) == {}


def test_after_two_ticks_redis_has_forgotten_them(
    make_node: Callable[[float], Node], redis_server: RedisServer, prefix: str, age: Age
) -> None:
    make_node(60.0).state.quotes.put({"AAPL": AAPL}, NOW)
    assert len(redis_server.command("KEYS", f"{prefix}:*")) == 1
    age(2 * 60.0)
    assert redis_server.command("KEYS", f"{prefix}:*") == []


@pytest.mark.parametrize(
    "value", [b"", b"\xff", b"nonsense", msgspec.msgpack.encode((NOW, {"ticker": "AAPL"}))]
)
def test_what_another_release_has_written_counts_as_missing(
    make_node: Callable[[float], Node], redis_server: RedisServer, prefix: str, value: bytes
) -> None:
    one, other = (make_node(TICK).state.quotes for _ in range(2))
    one.put({"MSFT": MSFT}, NOW)
    (key,) = redis_server.command("KEYS", f"{prefix}:*")
    redis_server.command("HSET", key, "AAPL", value)
    assert other.get(["AAPL", "MSFT"], NOW) == {"MSFT": MSFT}


@pytest.mark.parametrize("fault", [RedisServer.kill, RedisServer.pause])
def test_without_redis_a_process_knows_what_it_fetched_itself(
    own_server: RedisServer, own_node: Node, fault: Callable[[RedisServer], None]
) -> None:
    quotes = own_node.state.quotes
    fault(own_server)
    with at_most(2 * TIMEOUT_SECONDS):
        quotes.put({"AAPL": AAPL}, NOW)
        assert quotes.get(["AAPL", "MSFT"], NOW) == {"AAPL": AAPL}
