"""A master found through Sentinel, as channels_redis configures it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.redis_server import RedisServer
from tools.stack import find_free_port

from .conftest import TIMEOUTS, Layers, receive, wait_until


@pytest.fixture
def sentinel(own_server: RedisServer, tmp_path: Path) -> Iterator[RedisServer]:
    own_server.start()
    config = tmp_path / "sentinel.conf"
    config.write_text(f"sentinel monitor mymaster 127.0.0.1 {own_server.port} 1\n")
    sentinel = RedisServer(config=config)
    sentinel.start()
    yield sentinel
    sentinel.kill()


async def test_the_master_is_found_and_found_again(
    layers: Layers, own_server: RedisServer, sentinel: RedisServer
) -> None:
    host = {
        "master_name": "mymaster",
        # The first does not exist: the next one is asked.
        "sentinels": [("127.0.0.1", find_free_port()), ("127.0.0.1", sentinel.port)],
        **TIMEOUTS,
    }
    here = layers.make(hosts=[host])
    there, channel = await layers.make_member(hosts=[host])
    await here.group_send("group", {"number": 1})
    assert await receive(there, channel) == {"number": 1}
    assert len(own_server.list_clients()) > 0

    own_server.kill()
    await wait_until(lambda: not there.is_connected)
    own_server.start()
    await wait_until(lambda: there.is_connected)
    await here.group_send("group", {"number": 2})
    assert await receive(there, channel) == {"number": 2}
