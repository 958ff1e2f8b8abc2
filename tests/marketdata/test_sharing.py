"""The contract of a shared store: in memory and in Redis."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from marketdata.sharing import Bucket, MemoryStore, SharedStore
from streams.redis_urls import parse_redis_url
from streams.shared_state import OwnConnection, SharedState
from streams.shared_store import RedisStore
from tests.redis_server import RedisServer


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(params=["memory", "redis", "redis-lost"])
def store(request: pytest.FixtureRequest) -> SharedStore:
    if request.param == "memory":
        return MemoryStore()
    if request.param == "redis-lost":
        return RedisStore(
            SharedState(OwnConnection(parse_redis_url("redis://127.0.0.1:1/0")), 0.5), "test"
        )
    return make_redis_store(request)


def make_redis_store(request: pytest.FixtureRequest) -> RedisStore:
    server: RedisServer = request.getfixturevalue("redis")
    loop: asyncio.AbstractEventLoop = request.getfixturevalue("loop")
    connection = OwnConnection(parse_redis_url(server.url))
    state = SharedState(connection, 2.0)
    state.bind(loop)

    def close() -> None:
        closing = connection._redis.connection_pool.disconnect()
        asyncio.run_coroutine_threadsafe(closing, loop).result(30)

    request.addfinalizer(close)
    return RedisStore(state, f"test-{uuid4().hex}")


BUCKET = Bucket("calls", rate=100.0, burst=10.0)


def test_values_are_kept_for_their_time(store: SharedStore) -> None:
    store.put("a", b"1", 60)
    store.put("b", b"2", 60)
    assert store.get_many(["a", "b", "c"]) == {"a": b"1", "b": b"2"}
    store.put("b", b"2", 0.05)
    time.sleep(0.06)
    assert store.get_many(["a", "b"]) == {"a": b"1"}
    store.delete(["a"])
    assert store.get_many(["a"]) == {}


def test_nothing_is_asked_for_nothing(store: SharedStore) -> None:
    assert store.get_many([]) == {}
    store.delete([])
    assert store.take(BUCKET, 0) == 0


def test_a_claim_is_had_once_until_it_is_given_up_or_ends(store: SharedStore) -> None:
    assert store.claim("c", 60)
    assert not store.claim("c", 60)
    store.delete(["c"])
    assert store.claim("c", 0.05)
    time.sleep(0.06)
    assert store.claim("c", 60)


def test_tokens_are_had_up_to_the_burst_and_flow_back(store: SharedStore) -> None:
    slow = Bucket("slow", rate=0.001, burst=10.0)
    assert store.level(slow) == pytest.approx(10)
    assert store.take(slow, 4, leave=2) == 4
    assert store.take(slow, 8, leave=2) == 4
    assert store.take(slow, 1, leave=2) == 0
    assert store.level(slow) == pytest.approx(2, abs=0.01)
    store.take(BUCKET, 10)
    time.sleep(0.05)
    assert store.take(BUCKET, 3) == 3


def test_a_debt_must_flow_back_first(store: SharedStore) -> None:
    slow = Bucket("debt", rate=0.001, burst=2.0)
    assert store.take(slow, 4, leave=-2) == 4
    assert store.level(slow) == pytest.approx(-2, abs=0.01)
    assert store.take(slow, 1) == 0


def test_tokens_can_be_given_back(store: SharedStore) -> None:
    slow = Bucket("back", rate=0.001, burst=4.0)
    assert store.take(slow, 4) == 4
    assert store.take(slow, -3) == -3
    assert store.level(slow) == pytest.approx(3, abs=0.01)
    store.take(slow, -100)
    assert store.level(slow) == pytest.approx(4)


def test_threads_never_get_more_than_there_is(store: SharedStore) -> None:
    slow = Bucket("threads", rate=0.001, burst=10.0)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: store.take(slow, 1), range(40))) == 10


def test_processes_share_through_redis(request: pytest.FixtureRequest) -> None:
    one, other = make_redis_store(request), make_redis_store(request)
    other._prefix = one._prefix
    one.put("a", b"1", 60)
    assert other.get_many(["a"]) == {"a": b"1"}
    assert one.claim("c", 60)
    assert not other.claim("c", 60)
    slow = Bucket("both", rate=0.001, burst=10.0)
    assert (one.take(slow, 6), other.take(slow, 6)) == (6, 4)


def test_a_process_remembers_its_own_when_redis_is_lost(
    request: pytest.FixtureRequest, redis: RedisServer
) -> None:
    store = make_redis_store(request)
    store.put("pause:all", b"1", 60)
    redis.kill()
    try:
        assert store.get_many(["pause:all"]) == {"pause:all": b"1"}
    finally:
        redis.start()


def test_memory_is_bounded() -> None:
    store = MemoryStore(max_entries=3)
    for number in range(10):
        store.put(str(number), b"", 60)
    assert set(store.get_many(map(str, range(10)))) == {"7", "8", "9"}
