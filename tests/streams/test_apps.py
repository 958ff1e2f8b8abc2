"""What a process builds once, however many threads begin at the same moment."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import streams
from streams.apps import StreamsConfig
from streams.layers import RedisUnavailable, StreamsChannelLayer
from tests.redis_server import RedisServer


@pytest.fixture
def config(
    streams_settings: Any,
    redis_server: RedisServer,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[StreamsConfig]:
    """A worker's, on a Redis."""
    streams_settings.REDIS_URL = redis_server.url
    streams_settings.REDIS_PREFIX = prefix
    layer = StreamsChannelLayer(hosts=[redis_server.url], prefix=prefix)
    monkeypatch.setattr("streams.apps.get_channel_layer", lambda alias: layer)
    config = StreamsConfig("streams", streams)
    yield config
    config.background_loop.close()


def in_threads(call: Callable[[int], Any], count: int = 4) -> list[Any]:
    results: list[Any] = []
    threads = [
        threading.Thread(target=lambda number=n: results.append(call(number))) for n in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_the_threads_of_a_worker_share_one_connection(
    config: StreamsConfig, redis_server: RedisServer, prefix: str
) -> None:
    before = len(redis_server.list_clients())
    assert in_threads(lambda shard: config.refresh_shard(shard, f"task {shard}")) == [True] * 4
    assert len(redis_server.list_clients()) == before + 1
    assert not config.refresh_shard(0, "another beat's task")


def test_payloads_that_cannot_be_published_in_time_are_a_tick_left_out(
    config: StreamsConfig, streams_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams_settings.REFRESH_SECONDS = 0.2

    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("streams.apps.publish", hang)
    began_at = time.monotonic()
    with pytest.raises(RedisUnavailable, match="in time"):
        config.refresh_shard(0, "task")
    assert time.monotonic() - began_at < 5
