"""The registry: leases are seen by all, expire by themselves, and nobody ends another's."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from streams.layers import RedisUnavailable
from streams.registry import Registry
from streams.subscriptions import Endpoint, Subscription
from tests.redis_server import RedisServer
from tests.streams.conftest import Age, MakeState
from tests.streams.nodes import TIMEOUT_SECONDS, Node, at_most

AAPL = Subscription(Endpoint.QUOTES, ("AAPL",))
PROFILE = Subscription(Endpoint.PROFILE, ("BTC-USD",))
HOURS = Subscription(Endpoint.HOURS)
# Long: time goes by only where a test ages the leases.
TICK = 60.0
LEASE = 3 * TICK


def active(registry: Registry, later: float = 0.0) -> frozenset[Subscription]:
    return registry.active(time.time() + later)


def renew(registry: Registry, *subscriptions: Subscription, later: float = 0.0) -> None:
    registry.renew(subscriptions, time.time() + later)


def test_what_is_leased_is_active_and_nothing_else(make_state: MakeState) -> None:
    registry = make_state(1.0).registry
    assert active(registry) == frozenset()
    renew(registry, AAPL, PROFILE)
    renew(registry, HOURS)
    renew(registry)
    assert active(registry) == {AAPL, PROFILE, HOURS}


def test_a_lease_that_is_not_renewed_ends_after_three_ticks(
    make_state: MakeState, age: Age
) -> None:
    """In memory time goes by as it is told, and in Redis as it is aged."""
    registry = make_state(TICK).registry
    renew(registry, AAPL, HOURS)
    for tick in range(1, 5):
        age(TICK)
        renew(registry, AAPL, later=tick * TICK)
        expected = {AAPL, HOURS} if tick < 3 else {AAPL}
        assert active(registry, later=tick * TICK) == expected
    age(LEASE)
    assert active(registry, later=4 * TICK + LEASE) == frozenset()


def test_a_released_lease_may_be_taken_again(make_state: MakeState) -> None:
    registry = make_state(1.0).registry
    renew(registry, AAPL)
    registry.release([AAPL, PROFILE])
    renew(registry, AAPL)
    assert active(registry) == {AAPL}


# --- A cluster ------------------------------------------------------------------------------


def test_processes_see_each_others_leases(make_node: Callable[[float], Node]) -> None:
    one, other = (make_node(1.0).state.registry for _ in range(2))
    renew(one, AAPL)
    renew(other, HOURS)
    assert active(one) == active(other) == {AAPL, HOURS}


def test_a_release_does_not_take_the_lease_of_another_process(
    make_node: Callable[[float], Node],
) -> None:
    one, other = (make_node(1.0).state.registry for _ in range(2))
    renew(one, AAPL)
    renew(other, AAPL)
    one.release([AAPL])
    assert active(one) == active(other) == {AAPL}


def test_a_process_whose_clock_is_wrong_harms_nobodys_lease(
    make_node: Callable[[float], Node], age: Age
) -> None:
    right, ahead, behind = (make_node(TICK).state.registry for _ in range(3))
    renew(right, AAPL)
    assert ahead.active(time.time() + 3600) == {AAPL}
    behind.renew([HOURS], time.time() - 3600)
    ahead.renew([PROFILE], time.time() + 3600)
    assert active(right) == {AAPL, HOURS, PROFILE}
    age(LEASE)
    assert active(right) == frozenset()


@pytest.mark.parametrize(
    "key", [b"futures:ES", b"quotes:a b", b"\xff\xfe", b"", b"profile:", b"profile:A,B", b"hours:A"]
)
def test_a_lease_that_only_another_release_understands_is_ignored(
    make_node: Callable[[float], Node], redis_server: RedisServer, prefix: str, key: bytes
) -> None:
    registry = make_node(1.0).state.registry
    renew(registry, AAPL)
    redis_server.command("ZADD", f"{prefix}:leases", "inf", key)
    assert active(registry) == {AAPL}


def test_nothing_of_a_cluster_that_is_gone_stays_in_redis(
    make_node: Callable[[float], Node], redis_server: RedisServer, prefix: str, age: Age
) -> None:
    renew(make_node(TICK).state.registry, AAPL)
    assert redis_server.command("KEYS", f"{prefix}:*") == [f"{prefix}:leases"]
    age(LEASE)
    assert redis_server.command("KEYS", f"{prefix}:*") == []


@pytest.mark.parametrize("fault", [RedisServer.kill, RedisServer.pause])
def test_without_redis_it_says_so_quickly(
    own_server: RedisServer, own_node: Node, fault: Callable[[RedisServer], None]
) -> None:
    registry = own_node.state.registry
    renew(registry, AAPL)
    fault(own_server)
    with at_most(2 * TIMEOUT_SECONDS):
        with pytest.raises(RedisUnavailable):
            renew(registry, AAPL)
        with pytest.raises(RedisUnavailable):
            active(registry)
        registry.release([AAPL])


def test_leases_are_read_once_however_many_there_are(make_node: Callable[[float], Node]) -> None:
    """One more than a cache of ten thousand could keep, looked through in a circle."""
    registry = make_node(5.0).state.registry
    subscriptions = [Subscription(Endpoint.PROFILE, (f"S{n}",)) for n in range(10_001)]
    renew(registry, *subscriptions)
    before = {s: s for s in active(registry)}
    assert len(before) == 10_001
    assert all(before[s] is s for s in active(registry))
