"""The budget: quotes first, facts not starved, debts paid back."""

from __future__ import annotations

import pytest

from marketdata.providers.yahoo.budget import Budget
from marketdata.sharing import MemoryStore
from tests.marketdata.yahoo.setup import FakeClock

TICK = 5


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def budget(clock: FakeClock) -> Budget:
    return Budget(MemoryStore(clock), requests_per_second=2, burst=20)


def test_what_was_taken_flows_back_at_the_rate(budget: Budget, clock: FakeClock) -> None:
    assert budget.take_for_quotes(100) == 16
    assert budget.take_for_quotes(100) == 4
    assert budget.take_for_quotes(1) == 0
    clock.pass_by(1)
    assert budget.take_for_quotes(100) == 2


def test_quotes_in_excess_leave_a_fifth_to_the_facts(budget: Budget, clock: FakeClock) -> None:
    taken = []
    for _ in range(20):
        clock.pass_by(TICK)
        facts = budget.take_for_facts(50)
        taken.append((budget.take_for_quotes(100), facts))
    assert taken[-5:] == [(8, 2)] * 5


def test_facts_leave_what_the_next_tick_needs_for_quotes(budget: Budget, clock: FakeClock) -> None:
    budget.take_for_quotes(2)
    budget.take_for_facts(1000)
    for _ in range(10):
        clock.pass_by(TICK)
        budget.take_for_facts(1000)
        assert budget.take_for_quotes(2) == 2


def test_facts_get_everything_that_quotes_do_not_need(budget: Budget, clock: FakeClock) -> None:
    budget.take_for_quotes(1)
    budget.take_for_facts(1000)
    taken = 0
    for _ in range(20):
        clock.pass_by(TICK)
        taken += budget.take_for_facts(1000) + budget.take_for_quotes(1)
    assert taken >= 0.95 * 20 * TICK * 2


def test_a_debt_is_paid_back_before_anything_else(budget: Budget, clock: FakeClock) -> None:
    for _ in range(24):
        budget.owe()
    assert budget.level == pytest.approx(-4)
    assert not budget.take_again(1)
    clock.pass_by(2.5)
    assert budget.take_again(1)


def test_the_smallest_budget_still_works(clock: FakeClock) -> None:
    budget = Budget(MemoryStore(clock), requests_per_second=0.1, burst=1)
    assert budget.take_for_quotes(3) == 1
    clock.pass_by(10)
    assert budget.take_for_facts(3) == 1


def test_no_facts_cost_nothing(budget: Budget) -> None:
    assert budget.take_for_facts(0) == 0
    assert budget.level == 20
