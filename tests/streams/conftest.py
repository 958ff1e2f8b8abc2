"""Real Redis servers, and the two kinds of state that every store's contract is held to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from streams.state import State, memory_state
from tests.redis_server import RedisServer
from tests.streams.nodes import Node

MakeState = Callable[[float], State]
Age = Callable[[float], None]


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A server that no test harms."""
    server = RedisServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """A server that the test may treat badly; not started."""
    server = RedisServer()
    yield server
    server.kill()


@pytest.fixture
def prefix() -> str:
    """What this test's keys begin with: tests that share a server do not meet."""
    return f"test-{uuid4().hex[:8]}"


@pytest.fixture
def age(redis_server: RedisServer, prefix: str) -> Age:
    """Makes what this test keeps in Redis so many seconds older: nobody need be quick or wait."""
    return lambda seconds: redis_server.age(prefix, seconds)


@pytest.fixture(params=["memory", "redis"])
def make_state(request: pytest.FixtureRequest, prefix: str) -> Iterator[MakeState]:
    """Makes the state of a process with ticks of so many seconds, of either kind."""
    if request.param == "memory":
        yield memory_state
        return
    url = request.getfixturevalue("redis_server").url
    with ExitStack() as nodes:
        yield lambda interval: nodes.enter_context(Node(url, prefix, interval)).state


@pytest.fixture
def make_node(redis_server: RedisServer, prefix: str) -> Iterator[Callable[[float], Node]]:
    """Makes the processes of one cluster, with ticks of so many seconds."""
    with ExitStack() as nodes:
        yield lambda interval: nodes.enter_context(Node(redis_server.url, prefix, interval))


@pytest.fixture
def own_node(own_server: RedisServer, prefix: str) -> Iterator[Node]:
    """A process whose Redis the test may treat badly; it is running."""
    own_server.start()
    with Node(own_server.url, prefix, 1.0) as node:
        yield node
