"""Breakers: what opens them, who probes, and how long the pauses get."""

from __future__ import annotations

import pytest

from marketdata.errors import ProviderUnavailable, RateLimited, SourcePaused, SourceRefuses
from marketdata.providers.yahoo.breakers import ALL, Breakers, Permit
from marketdata.sharing import MemoryStore
from tests.marketdata.yahoo.setup import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(clock: FakeClock) -> MemoryStore:
    return MemoryStore(clock)


@pytest.fixture
def breakers(store: MemoryStore, clock: FakeClock) -> Breakers:
    return Breakers(store, clock)


DOWN = ProviderUnavailable("down")


def fail(breakers: Breakers, times: int = 1, error: Exception = DOWN) -> None:
    for _ in range(times):
        breakers.failed(breakers.enter("quotes"), error)


def is_open(breakers: Breakers, group: str = "quotes") -> bool:
    return breakers.room(group) == 0


def test_five_failures_within_thirty_seconds_open_one_group(breakers: Breakers) -> None:
    fail(breakers, 4)
    assert not is_open(breakers)
    fail(breakers)
    with pytest.raises(SourcePaused, match="not asked for 2 s: quotes failed too often"):
        breakers.enter("quotes")
    assert not is_open(breakers, "details")


def test_processes_that_open_at_the_same_moment_do_not_double_the_pause(
    store: MemoryStore, clock: FakeClock, breakers: Breakers
) -> None:
    other = Breakers(store, clock)
    mine, theirs = ([b.enter("quotes") for _ in range(5)] for b in (breakers, other))
    for permits, process in ((mine, breakers), (theirs, other)):
        for permit in permits:
            process.failed(permit, DOWN)
    clock.pass_by(2)
    assert breakers.room("quotes") == 1


def test_failures_that_are_far_apart_open_nothing(breakers: Breakers, clock: FakeClock) -> None:
    for _ in range(10):
        fail(breakers)
        clock.pass_by(8)
    assert not is_open(breakers)


def test_a_success_in_between_clears_the_count(breakers: Breakers) -> None:
    for _ in range(3):
        fail(breakers, 4)
        breakers.succeeded(breakers.enter("quotes"))
    assert not is_open(breakers)


def test_one_probe_in_the_whole_cluster_decides(
    store: MemoryStore, clock: FakeClock, breakers: Breakers
) -> None:
    other = Breakers(store, clock)
    fail(breakers, 5)
    assert is_open(other)
    clock.pass_by(2)
    assert (breakers.room("quotes"), other.room("quotes")) == (1, 1)
    probe = other.enter("quotes")
    with pytest.raises(SourcePaused, match="another call is trying"):
        breakers.enter("quotes")
    other.succeeded(probe)
    assert breakers.enter("quotes") == Permit("quotes")


@pytest.mark.parametrize(
    ("error", "pauses"),
    [
        (DOWN, (2, 4, 8, 16, 30, 30)),
        (SourceRefuses("blocked"), (2, 4, 8, 16, 32, 64, 128, 256, 300, 300)),
    ],
)
def test_probes_that_fail_double_the_pause_up_to_a_limit(
    breakers: Breakers, clock: FakeClock, error: Exception, pauses: tuple[int, ...]
) -> None:
    fail(breakers, 5, error)
    for seconds in pauses:
        clock.pass_by(seconds - 1)
        assert is_open(breakers)
        clock.pass_by(1)
        fail(breakers, 1, error)
    clock.pass_by(pauses[-1])
    breakers.succeeded(breakers.enter("quotes"))
    assert not is_open(breakers)


def test_a_breaker_that_has_closed_starts_from_the_beginning(
    breakers: Breakers, clock: FakeClock
) -> None:
    for _ in range(3):
        fail(breakers, 5)
        for seconds in (2, 4):
            clock.pass_by(seconds - 0.5)
            assert is_open(breakers)
            clock.pass_by(0.5)
            fail(breakers)
        clock.pass_by(8)
        breakers.succeeded(breakers.enter("quotes"))


def test_quotes_find_out_whether_a_limit_is_over(breakers: Breakers, clock: FakeClock) -> None:
    fail(breakers, 1, RateLimited("too many"))
    clock.pass_by(2)
    assert breakers.room("details") == 0
    with pytest.raises(SourcePaused):
        breakers.enter("details")
    assert breakers.enter("quotes").probes == (ALL,)


def test_others_find_out_when_nobody_asks_for_quotes(breakers: Breakers, clock: FakeClock) -> None:
    fail(breakers, 1, RateLimited("too many"))
    clock.pass_by(7)
    assert breakers.enter("details").probes == (ALL,)


def test_a_probe_that_dies_with_its_process_is_made_by_another(
    breakers: Breakers, clock: FakeClock
) -> None:
    fail(breakers, 5)
    clock.pass_by(2)
    breakers.enter("quotes")
    clock.pass_by(15)
    assert breakers.enter("quotes").probes == ("quotes",)


def test_a_probe_that_was_not_made_leaves_the_right_to_the_next(
    breakers: Breakers, clock: FakeClock
) -> None:
    fail(breakers, 5)
    clock.pass_by(2)
    breakers.released(breakers.enter("quotes"))
    assert breakers.enter("quotes").probes == ("quotes",)


def test_too_many_requests_pause_everything_and_recover(
    breakers: Breakers, clock: FakeClock
) -> None:
    fail(breakers, 1, RateLimited("too many"))
    with pytest.raises(SourcePaused, match="2 s: too many requests"):
        breakers.enter("details")
    for seconds in (2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900):
        clock.pass_by(seconds - 1)
        assert is_open(breakers, "news")
        assert is_open(breakers)
        clock.pass_by(1)
        breakers.failed(breakers.enter("quotes"), RateLimited("still"))
    clock.pass_by(900)
    breakers.succeeded(breakers.enter("quotes"))
    assert breakers.enter("details") == Permit("details")


def test_answers_of_the_same_moment_do_not_double_the_pause(breakers: Breakers) -> None:
    permits = [breakers.enter("quotes") for _ in range(4)]
    for permit in permits:
        breakers.failed(permit, RateLimited("too many"))
    assert breakers.states(())[ALL] == ("open", FakeClock().time() + 2)


@pytest.mark.parametrize(("told", "waited"), [(5.0, 5), (0.0, 1), (120.0, 120), (86_400.0, 3600)])
def test_retry_after_is_honoured(
    breakers: Breakers, clock: FakeClock, told: float, waited: int
) -> None:
    fail(breakers, 1, RateLimited("too many", told))
    clock.pass_by(waited - 0.5)
    assert is_open(breakers)
    clock.pass_by(0.5)
    assert breakers.enter("quotes").probes == (ALL,)


def test_retry_after_is_not_believed_twice(breakers: Breakers, clock: FakeClock) -> None:
    fail(breakers, 1, RateLimited("too many", 1.0))
    clock.pass_by(1)
    fail(breakers, 1, RateLimited("too many", 1.0))
    clock.pass_by(3)
    assert is_open(breakers)


def test_a_limit_that_returns_soon_after_its_end_lasts_longer(
    breakers: Breakers, clock: FakeClock
) -> None:
    fail(breakers, 1, RateLimited("too many"))
    clock.pass_by(2)
    breakers.succeeded(breakers.enter("quotes"))
    clock.pass_by(1)
    fail(breakers, 1, RateLimited("too many"))
    clock.pass_by(3)
    assert is_open(breakers)


def test_another_failure_than_a_limit_ends_the_limit(breakers: Breakers, clock: FakeClock) -> None:
    fail(breakers, 1, RateLimited("too many"))
    clock.pass_by(2)
    fail(breakers)
    assert not is_open(breakers, "details")


def test_outcomes_are_counted(breakers: Breakers) -> None:
    breakers.succeeded(breakers.enter("details"))
    fail(breakers, 2)
    assert breakers.outcomes == {("details", "ok"): 1, ("quotes", "ProviderUnavailable"): 2}
