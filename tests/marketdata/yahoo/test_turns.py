"""Turns: the most wanted more often, nobody left out, nothing shown for too long."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from marketdata.domain.quote import SimpleQuote
from marketdata.providers.yahoo.turns import Turns, max_age_seconds


def quote(symbol: str, price: float = 1.0) -> SimpleQuote:
    return SimpleQuote(symbol=symbol, name=symbol, price=price)


def test_the_most_wanted_go_first() -> None:
    assert Turns().choose(["C", "A", "B"], 2, 0.0) == ["C", "A"]


def test_everybody_goes_while_there_is_room() -> None:
    assert Turns().choose(["B", "A"], 50, 0.0) == ["B", "A"]


@given(st.integers(2, 60), st.integers(1, 20))
def test_nobody_waits_longer_than_the_budget_explains(count: int, room: int) -> None:
    symbols = [f"S{number:02}" for number in range(count)]
    turns, last = Turns(), dict.fromkeys(symbols, 0)
    longest = 0
    for tick in range(1, 8 * count // room + 9):
        for symbol in turns.choose(symbols, room, float(tick)):
            longest = max(longest, tick - last[symbol])
            last[symbol] = tick
    longest = max(longest, *(tick - at for at in last.values()))
    assert longest <= 2 * count / room + 2


def test_the_wanted_half_is_asked_for_about_twice_as_often() -> None:
    symbols = [f"S{number:02}" for number in range(40)]
    turns, asked = Turns(), Counter[str]()
    for tick in range(300):
        asked.update(turns.choose(symbols, 4, float(tick)))
    wanted, others = (sum(asked[s] for s in half) for half in (symbols[:20], symbols[20:]))
    assert 1.6 < wanted / others < 2.4


def test_a_quote_is_shown_until_it_is_too_old_or_its_symbol_failed() -> None:
    turns = Turns()
    turns.landed({"A": quote("A"), "B": quote("B")}, [], 100.0)
    assert set(turns.recent(["A", "B", "C"], 30, 130.0)) == {"A", "B"}
    assert not turns.recent(["A"], 30, 130.1)
    turns.landed({}, ["A"], 105.0)
    assert set(turns.recent(["A", "B"], 30, 110.0)) == {"B"}


def test_a_symbol_that_failed_is_next_but_only_once() -> None:
    turns, symbols = Turns(), [f"S{number}" for number in range(8)]
    for tick in range(4):
        turns.landed(dict.fromkeys(turns.choose(symbols, 2, float(tick)), quote("S")), [], tick)
    failed = turns.choose(symbols, 2, 4.0)
    turns.landed({}, failed, 4.0)
    assert turns.choose(symbols, 2, 5.0) == failed
    turns.landed({}, failed, 5.0)
    assert not set(turns.choose(symbols, 2, 6.0)) & set(failed)


def test_a_pushed_price_is_newer_but_never_replaces_a_failure() -> None:
    turns = Turns()
    turns.pushed("A", quote("A", 2.0), 100.0)
    assert turns.get("A") is None
    turns.landed({"A": quote("A")}, [], 101.0)
    turns.pushed("A", quote("A", 2.0), 100.0)
    assert turns.get("A") == quote("A", 1.0)
    turns.pushed("A", quote("A", 3.0), 102.0)
    assert turns.get("A") == quote("A", 3.0)
    turns.landed({}, ["A"], 103.0)
    turns.pushed("A", quote("A", 4.0), 104.0)
    assert turns.get("A") is None


def test_ages_are_told() -> None:
    turns = Turns()
    turns.landed({"A": quote("A")}, [], 100.0)
    turns.landed({"B": quote("B")}, [], 110.0)
    health = turns.health(["A", "B", "C"], 1, ["A", "B"], 110.0)
    assert (health.symbols, health.asked, health.waiting) == (3, 1, 1)
    assert (health.mean_age_seconds, health.oldest_age_seconds) == (5.0, 10.0)


def test_symbols_that_nobody_wants_any_more_are_forgotten() -> None:
    turns = Turns()
    turns.choose(["A", "B"], 2, 0.0)
    assert turns.wanted(0.0) == ["A", "B"]
    turns.choose(["B"], 2, 1000.0)
    assert turns.wanted(0.0) == ["B"]


def test_the_age_that_a_budget_explains_grows_with_the_symbols() -> None:
    assert max_age_seconds(50, 80) < 17
    assert max_age_seconds(5000, 80) == 140
