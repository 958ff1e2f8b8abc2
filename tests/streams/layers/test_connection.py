"""How one entry of `hosts` is read: what redis-py and channels_redis take is taken."""

from typing import Any

import pytest
from channels_redis.utils import decode_hosts  # type: ignore[import-untyped]
from redis.asyncio.connection import SSLConnection

from streams.layers.connection import get_server_name, get_timeout_seconds, open_redis

URL = "rediss://user:hunter2@redis.example:6380/2"


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (URL, "redis.example:6380"),
        ("redis://redis.example", "redis.example:6379"),
        (("redis.example", 6380), "redis.example:6380"),
        ("unix:///run/redis.sock", "/run/redis.sock"),
        ({"master_name": "main", "sentinels": [("s1", 26379)]}, "master main"),
        ({"address": URL, "ssl_cert_reqs": None}, "redis.example:6380"),
    ],
)
def test_a_server_is_named_without_user_and_password(entry: Any, name: str) -> None:
    [host] = decode_hosts([entry])
    assert get_server_name(host) == name


@pytest.mark.parametrize(
    ("host", "seconds"),
    [
        ({"address": "redis://redis.example"}, 2.0),
        ({"address": "redis://redis.example?socket_timeout=7"}, 7.0),
        ({"address": "redis://redis.example", "socket_timeout": 0.5}, 0.5),
        ({"host": "redis.example", "socket_timeout": None}, 2.0),
    ],
)
def test_there_is_a_timeout_and_a_configured_one_prevails(
    host: dict[str, Any], seconds: float
) -> None:
    assert get_timeout_seconds(host) == seconds


def test_self_signed_certificates_can_be_allowed() -> None:
    pool = open_redis({"address": URL, "ssl_cert_reqs": None}).connection_pool
    assert pool.connection_class is SSLConnection
    connection = pool.make_connection()  # type: ignore[no-untyped-call]
    assert isinstance(connection, SSLConnection)
    assert connection.ssl_context.get().verify_mode == 0
    assert connection.db == 2


def test_the_configuration_is_left_as_it_is() -> None:
    host = {"master_name": "main", "sentinels": [("s1", 26379)]}
    open_redis(host)
    assert host == {"master_name": "main", "sentinels": [("s1", 26379)]}
