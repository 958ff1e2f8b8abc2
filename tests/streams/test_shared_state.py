"""Blocking access to Redis: from any thread but an event loop's, and never for long."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from streams.background import BackgroundLoop
from streams.layers import RedisUnavailable
from streams.redis_urls import parse_redis_url
from streams.shared_state import MARGIN_SECONDS, OwnConnection, SharedState
from tests.redis_server import RedisServer
from tests.streams.nodes import TIMEOUT_SECONDS, Node, at_most


async def ping(redis: Redis) -> bool:
    return bool(await redis.ping())  # type: ignore[misc]


def test_operations_of_many_threads_use_one_connection(
    make_node: Callable[[float], Node], redis_server: RedisServer
) -> None:
    before = len(redis_server.list_clients())
    node = make_node(1.0)
    answers: list[bool] = []
    threads = [
        threading.Thread(target=lambda: answers.append(node.shared.run(ping))) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [True] * 20
    assert len(redis_server.list_clients()) == before + 1


async def test_on_an_event_loop_it_is_refused_instead_of_waiting_for_itself() -> None:
    shared = SharedState(OwnConnection(parse_redis_url("redis://127.0.0.1:1")), TIMEOUT_SECONDS)
    shared.bind(asyncio.get_running_loop())
    with pytest.raises(RuntimeError, match="call it in a thread"):
        shared.run(ping)


def test_without_a_loop_or_with_a_closed_one_redis_is_unavailable() -> None:
    shared = SharedState(OwnConnection(parse_redis_url("redis://127.0.0.1:1")), TIMEOUT_SECONDS)
    with pytest.raises(RedisUnavailable, match="no event loop"):
        shared.run(ping)
    loop = asyncio.new_event_loop()
    loop.close()
    shared.bind(loop)
    with pytest.raises(RedisUnavailable, match="closed"):
        shared.run(ping)


def test_a_loop_that_does_not_get_to_it_costs_a_bounded_wait(
    make_node: Callable[[float], Node],
) -> None:
    node, release = make_node(1.0), threading.Event()
    node.background.loop.call_soon_threadsafe(release.wait, 60)
    with at_most(TIMEOUT_SECONDS + MARGIN_SECONDS), pytest.raises(RedisUnavailable):
        node.shared.run(ping)
    release.set()
    assert node.shared.run(ping)


def test_a_frozen_redis_costs_one_wait_and_then_none(
    own_server: RedisServer, own_node: Node
) -> None:
    assert own_node.shared.run(ping)
    own_server.pause()
    with at_most(TIMEOUT_SECONDS), pytest.raises(RedisUnavailable, match="no answer"):
        own_node.shared.run(ping)
    with pytest.raises(RedisUnavailable, match="is lost"):
        own_node.shared.run(ping)


def test_an_error_that_is_not_of_redis_is_raised_as_it_is(
    make_node: Callable[[float], Node],
) -> None:
    async def fail(redis: Redis) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        make_node(1.0).shared.run(fail)


def test_a_connection_of_its_own_survives_the_loss_of_redis(own_server: RedisServer) -> None:
    own_server.start()
    background = BackgroundLoop("own connection")
    connection = OwnConnection(parse_redis_url(own_server.url))
    shared = SharedState(connection, TIMEOUT_SECONDS)
    shared.bind(background.loop)
    assert shared.run(ping)
    own_server.kill()
    with at_most(TIMEOUT_SECONDS), pytest.raises(RedisUnavailable):
        shared.run(ping)
    own_server.start()
    assert shared.run(ping)
    own_server.pause()
    with at_most(TIMEOUT_SECONDS), pytest.raises(RedisUnavailable):
        shared.run(ping)
    own_server.resume()
    assert shared.run(ping)
    assert len(own_server.list_clients()) == 1
    background.run(connection.close(), 5)
    background.close()
