"""Snapshots: the newest payload of each subscription, for a while, for every process."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from streams.snapshots import Snapshot, is_behind
from streams.state import memory_state
from streams.subscriptions import Endpoint, Subscription
from tests.redis_server import RedisServer
from tests.streams.conftest import Age, MakeState
from tests.streams.nodes import TIMEOUT_SECONDS, Node, at_most

AAPL = Subscription(Endpoint.QUOTES, ("AAPL",))
MSFT = Subscription(Endpoint.QUOTES, ("MSFT",))
NOW = 1_800_000_000.5
HOUR = 3600.0


def snapshot(subscription: Subscription, made_at: float, payload: str = "[]") -> Snapshot:
    return Snapshot(subscription, payload, made_at)


def test_what_was_put_is_found_as_it_was(make_state: MakeState) -> None:
    snapshots = make_state(1.0).snapshots
    kept = snapshot(AAPL, NOW, '[{"name":"Ünïcode 🚀"}]')
    snapshots.put([kept, snapshot(MSFT, NOW)])
    assert snapshots.get([AAPL], NOW) == {AAPL: kept}


def test_what_was_made_too_early_or_never_is_not_found(make_state: MakeState) -> None:
    snapshots = make_state(1.0).snapshots
    snapshots.put([snapshot(AAPL, NOW)])
    assert snapshots.get([AAPL, MSFT], NOW + 0.001) == {}
    assert snapshots.get([MSFT], 0) == {}
    assert snapshots.get([], 0) == {}
    snapshots.put([])


def test_a_newer_one_takes_the_place_of_an_older(make_state: MakeState) -> None:
    snapshots = make_state(1.0).snapshots
    snapshots.put([snapshot(AAPL, NOW)])
    newer = snapshot(AAPL, NOW + 1)
    snapshots.put([newer])
    assert snapshots.get([AAPL], 0) == {AAPL: newer}


def test_when_the_clock_was_set_back_new_ones_still_take_the_place_of_old(
    make_state: MakeState,
) -> None:
    snapshots = make_state(1.0).snapshots
    snapshots.put([snapshot(AAPL, NOW), snapshot(MSFT, NOW)])
    for tick in range(3):
        after = snapshot(AAPL, NOW - HOUR + tick)
        snapshots.put([after])
        assert snapshots.get([AAPL], NOW - HOUR) == {AAPL: after}


def test_one_is_behind_another_only_by_as_long_as_messages_are_under_way() -> None:
    assert is_behind(NOW, NOW, 5)
    assert is_behind(NOW - 4.9, NOW, 5)
    assert not is_behind(NOW + 0.1, NOW, 5)
    assert not is_behind(NOW - 5, NOW, 5)
    assert not is_behind(NOW - HOUR, NOW, 5)
    assert not is_behind(NOW, 0.0, 5)


# --- Memory ---------------------------------------------------------------------------------


def test_in_memory_a_straggler_does_not_take_the_place_of_a_newer_one() -> None:
    snapshots = memory_state(1.0).snapshots
    newer = snapshot(AAPL, NOW + 1)
    snapshots.put([newer])
    snapshots.put([snapshot(AAPL, NOW)])
    assert snapshots.get([AAPL], 0) == {AAPL: newer}


# --- A cluster ------------------------------------------------------------------------------


def test_every_process_finds_what_one_has_put(make_node: Callable[[float], Node]) -> None:
    one, other = (make_node(1.0).state.snapshots for _ in range(2))
    kept = snapshot(AAPL, NOW)
    one.put([kept])
    assert other.get([AAPL, MSFT], NOW) == {AAPL: kept}


def test_after_two_ticks_redis_has_forgotten_it(
    make_node: Callable[[float], Node], redis_server: RedisServer, prefix: str, age: Age
) -> None:
    snapshots = make_node(60.0).state.snapshots
    snapshots.put([snapshot(AAPL, NOW)])
    assert snapshots.get([AAPL], 0)
    age(2 * 60.0)
    assert redis_server.command("KEYS", f"{prefix}:*") == []
    assert snapshots.get([AAPL], 0) == {}


@pytest.mark.parametrize(
    "value", [b"", b"\xff", b"nonsense", msgspec.msgpack.encode({"payload": "[]", "release": 9})]
)
def test_what_another_release_has_written_counts_as_missing(
    make_node: Callable[[float], Node], redis_server: RedisServer, prefix: str, value: bytes
) -> None:
    snapshots = make_node(1.0).state.snapshots
    kept = snapshot(MSFT, NOW)
    snapshots.put([kept])
    redis_server.command("SET", f"{prefix}:snapshot:{AAPL.group}", value)
    assert snapshots.get([AAPL, MSFT], 0) == {MSFT: kept}


@pytest.mark.parametrize("fault", [RedisServer.kill, RedisServer.pause])
def test_without_redis_there_are_none_and_that_is_no_error(
    own_server: RedisServer, own_node: Node, fault: Callable[[RedisServer], None]
) -> None:
    snapshots = own_node.state.snapshots
    snapshots.put([snapshot(AAPL, NOW)])
    fault(own_server)
    with at_most(2 * TIMEOUT_SECONDS):
        assert snapshots.get([AAPL], 0) == {}
        snapshots.put([snapshot(AAPL, NOW)])
