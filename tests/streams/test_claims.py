"""Claims: one refresh a tick, one first fetch, whoever else tries at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from streams.claims import CELERY, LOCAL, TAKEOVER, Claimant, Claims
from streams.layers import RedisUnavailable
from streams.subscriptions import Endpoint, Subscription
from tests.redis_server import RedisServer
from tests.streams.conftest import Age, MakeState
from tests.streams.nodes import TIMEOUT_SECONDS, Node, at_most

# Long: time goes by only where a test ages the claims.
TICK = 60.0
AAPL = Subscription(Endpoint.QUOTES, ("AAPL",))
MSFT = Subscription(Endpoint.QUOTES, ("MSFT",))

Cluster = Callable[[float], Node]


def task(number: int) -> Claimant:
    """Celery's claimant: each task has an id of its own."""
    return Claimant(CELERY, f"task {number}")


WEB_1, WEB_2 = Claimant(TAKEOVER, "web 1"), Claimant(TAKEOVER, "web 2")


def test_who_is_alone_gets_every_tick_and_every_first_fetch(make_state: MakeState) -> None:
    claims = make_state(TICK).claims
    for source in (LOCAL, TAKEOVER):
        assert claims.claim_tick(0, Claimant(source, "me"))
        assert claims.claim_tick(0, Claimant(source, "me"))
    assert claims.claim_first([AAPL, MSFT]) == {AAPL, MSFT}
    assert claims.claim_first([]) == set()


# --- A cluster ------------------------------------------------------------------------------


@pytest.fixture
def processes(make_node: Cluster) -> tuple[Claims, Claims]:
    return make_node(TICK).state.claims, make_node(TICK).state.claims


def test_of_two_workers_or_beats_one_gets_the_tick_and_either_the_next(
    processes: tuple[Claims, Claims], age: Age
) -> None:
    one, other = processes
    assert one.claim_tick(0, task(1))
    assert not other.claim_tick(0, task(2))
    age(TICK)
    assert other.claim_tick(0, task(3))
    assert not one.claim_tick(0, task(4))


def test_a_tick_that_comes_a_little_early_is_a_new_one(
    processes: tuple[Claims, Claims], age: Age
) -> None:
    one, _ = processes
    assert one.claim_tick(0, task(1))
    age(0.85 * TICK)
    assert one.claim_tick(0, task(2))


def test_a_task_that_was_delivered_twice_may_go_on(processes: tuple[Claims, Claims]) -> None:
    one, other = processes
    assert one.claim_tick(0, task(1))
    assert other.claim_tick(0, task(1))


def test_shards_are_claimed_each_for_itself(processes: tuple[Claims, Claims]) -> None:
    one, other = processes
    assert one.claim_tick(0, task(1))
    assert other.claim_tick(1, task(2))
    assert not one.claim_tick(1, task(3))


def test_celery_goes_before_a_takeover_and_not_the_other_way_round(
    processes: tuple[Claims, Claims], age: Age
) -> None:
    one, other = processes
    assert one.claim_tick(0, WEB_1)
    assert other.claim_tick(0, task(1))
    assert not one.claim_tick(0, WEB_1)
    age(TICK)
    assert not one.claim_tick(0, WEB_1), "the worker is late, not gone"
    age(0.4 * TICK)
    assert one.claim_tick(0, WEB_1)


def test_a_takeover_stays_with_its_process_until_that_is_gone(
    processes: tuple[Claims, Claims], age: Age
) -> None:
    one, other = processes
    assert one.claim_tick(0, WEB_1)
    for _ in range(3):
        age(TICK)
        assert not other.claim_tick(0, WEB_2)
        assert one.claim_tick(0, WEB_1)
    age(1.4 * TICK)
    assert other.claim_tick(0, WEB_2)
    assert not one.claim_tick(0, WEB_1)


def test_of_many_at_the_same_moment_exactly_one_wins(processes: tuple[Claims, Claims]) -> None:
    won: list[int] = []
    ready = threading.Barrier(16)

    def claim(number: int) -> None:
        ready.wait(30)
        if processes[number % 2].claim_tick(0, Claimant(TAKEOVER, f"web {number}")):
            won.append(number)

    threads = [threading.Thread(target=claim, args=[number]) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(won) == 1


def test_each_first_fetch_belongs_to_one_process_for_a_tick(
    processes: tuple[Claims, Claims], age: Age
) -> None:
    one, other = processes
    assert one.claim_first([AAPL]) == {AAPL}
    assert other.claim_first([AAPL, MSFT]) == {MSFT}
    age(1.1 * TICK)
    assert other.claim_first([AAPL]) == {AAPL}


def test_claims_leave_nothing_in_redis(
    processes: tuple[Claims, Claims], redis_server: RedisServer, prefix: str, age: Age
) -> None:
    one, _ = processes
    one.claim_tick(0, task(1))
    one.claim_first([AAPL])
    assert len(redis_server.command("KEYS", f"{prefix}:*")) == 2
    age(1.3 * TICK)
    assert redis_server.command("KEYS", f"{prefix}:*") == []


@pytest.mark.parametrize("fault", [RedisServer.kill, RedisServer.pause])
def test_without_redis_it_says_so_quickly(
    own_server: RedisServer, own_node: Node, fault: Callable[[RedisServer], None]
) -> None:
    claims = own_node.state.claims
    assert claims.claim_tick(0, WEB_1)
    fault(own_server)
    with at_most(2 * TIMEOUT_SECONDS):
        with pytest.raises(RedisUnavailable):
            claims.claim_tick(0, WEB_1)
        with pytest.raises(RedisUnavailable):
            claims.claim_first([AAPL])


def test_a_redis_that_is_full_refuses_and_is_not_lost(
    own_server: RedisServer, own_node: Node
) -> None:
    claims = own_node.state.claims
    own_server.command("CONFIG", "SET", "maxmemory", "1")
    for _ in range(2):
        with pytest.raises(RedisUnavailable, match="refuses"):
            claims.claim_tick(0, WEB_1)
        with pytest.raises(RedisUnavailable, match="refuses"):
            claims.claim_first([AAPL])
    own_server.command("CONFIG", "SET", "maxmemory", "0")
    assert claims.claim_tick(0, WEB_1)
