"""REDIS_URL: one reading of it for everybody who connects, or one sentence why not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from streams.layers import StreamsChannelLayer
from streams.redis_checks import check_redis
from streams.redis_urls import WrongRedisUrl, find_problem, parse_redis_url
from streams.schedule import broker
from streams.shared_state import ANSWERS, OwnConnection, look_at_redis
from tests.forwarder import tls_forwarder
from tests.redis_server import RedisServer

NO_TLS_CHECK = {"ssl_cert_reqs": "none", "ssl_check_hostname": False}


@pytest.mark.parametrize(
    ("url", "scheme", "options"),
    [
        ("redis://", "redis", {}),
        ("REDIS://redis.example", "redis", {"host": "redis.example"}),
        ("redis://[::1]:6380/2", "redis", {"host": "::1", "port": 6380, "db": 2}),
        ("redis://h/2?db=3", "redis", {"host": "h", "db": 3}),
        ("redis://bob:p%40s%2Fs%2525@h", "redis", {"username": "bob", "password": "p@s/s%25"}),
        ("redis://:p%23%3B@h", "redis", {"password": "p#;"}),
        ("unix:///run/a%20b.sock?db=1", "unix", {"path": "/run/a b.sock", "db": 1}),
        ("unix://:pw@/run/r.sock", "unix", {"path": "/run/r.sock", "password": "pw"}),
        ("redis://h?socket_timeout=3", "redis", {"socket_timeout": 3.0}),
        ("redis://h?socket_keepalive=True", "redis", {"socket_keepalive": True}),
        ("rediss://h", "rediss", {"host": "h"}),
        ("rediss://h?ssl_cert_reqs=CERT_NONE", "rediss", NO_TLS_CHECK),
        ("rediss://h?ssl_cert_reqs=none", "rediss", NO_TLS_CHECK),
        ("rediss://h?ssl_cert_reqs=CERT_REQUIRED", "rediss", {"ssl_cert_reqs": "required"}),
        ("rediss://h?ssl_cert_reqs=optional", "rediss", {"ssl_cert_reqs": "optional"}),
    ],
)
def test_a_url_is_read(url: str, scheme: str, options: dict[str, Any]) -> None:
    address = parse_redis_url(url)
    assert address.scheme == scheme
    assert {name: address.options.get(name) for name in options} == options
    assert not options or "host" not in options or len(address.options) == len(options)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("localhost:6379", "must be like redis://host:port/0"),
        ("http://h", "must be like"),
        ("redis:h", "must be like"),
        ("redis://h ", "must be like"),
        ("redis://h:port/0", "must be like"),
        ("redis://:se#cret@h", "%XX"),
        ("redis://h#1", "%XX"),
        ("redis://h/zero", "database"),
        ("redis://h?db=-1", "db"),
        ("redis://h?db=1&db=2", "option db twice"),
        ("redis://h?socket_timeout=soon", "socket_timeout"),
        ("redis://h?socket_timeout=", "socket_timeout"),
        ("redis://h?max_connections=5", "option max_connections"),
        ("redis://h?decode_responses=1", "option decode_responses"),
        ("redis://h?ssl_cert_reqs=none", "ssl_cert_reqs, which needs rediss://"),
        ("rediss://h?ssl_cert_reqs=maybe", "none, optional or required"),
        ("rediss://h?ssl_ca_certs=/not/there.pem", "ssl_ca_certs"),
        ("rediss://h?ssl_check_hostname=perhaps", "ssl_check_hostname"),
        ("unix://run/redis.sock", "whole path"),
        ("unix:///r.sock?socket_keepalive=1", "socket_keepalive"),
    ],
)
def test_what_cannot_be_followed_is_named(url: str, named: str) -> None:
    assert named in find_problem(url)
    assert "cret" not in find_problem(url)


@pytest.mark.parametrize(
    ("url", "verify", "is_verified"),
    [
        ("redis://h", False, True),
        ("rediss://h", True, True),
        ("rediss://h", False, False),
        ("rediss://h?ssl_cert_reqs=none", True, False),
        ("rediss://h?ssl_cert_reqs=CERT_NONE", True, False),
        ("rediss://h?ssl_check_hostname=false", True, False),
        ("rediss://h?ssl_cert_reqs=required", False, True),
    ],
)
def test_one_decision_whether_the_certificate_counts(
    url: str, verify: bool, is_verified: bool
) -> None:
    assert parse_redis_url(url, verify=verify).is_verified is is_verified


def test_a_layer_reads_its_hosts_in_the_same_way() -> None:
    layer = StreamsChannelLayer(hosts=["rediss://redis.example?ssl_cert_reqs=CERT_NONE"])
    assert layer._hosts[0]["ssl_cert_reqs"] == "none"
    with pytest.raises(WrongRedisUrl, match="hosts has the option protocol"):
        StreamsChannelLayer(hosts=["redis://redis.example?protocol=3"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    path = tmp_path_factory.mktemp("redis") / "r.sock"
    server = RedisServer("--bind", "127.0.0.1", "-::1", "--unixsocket", str(path))
    server.socket_path = path  # type: ignore[attr-defined]
    server.start()
    server.command("ACL", "SETUSER", "bob", "on", ">p@s/s:#;%25", "allkeys", "allchannels", "+@all")
    yield server
    server.kill()


@pytest.mark.parametrize(
    "form",
    [
        "redis://127.0.0.1:{port}/1",
        "redis://[::1]:{port}?db=2",
        "redis://bob:p%40s%2Fs%3A%23%3B%2525@localhost:{port}/0",
        "redis://127.0.0.1:{port}?socket_timeout=3&socket_connect_timeout=1&client_name=x",
        "unix://{path}",
        "unix://bob:p%40s%2Fs%3A%23%3B%2525@{path}?db=3&socket_timeout=3&health_check_interval=5",
    ],
)
async def test_every_reader_reaches_it(
    server: RedisServer, streams_settings: Any, form: str
) -> None:
    path = server.socket_path  # type: ignore[attr-defined]
    streams_settings.REDIS_URL = form.format(port=server.port, path=path)
    assert await who_fails(streams_settings) == {}


async def test_a_certificate_is_verified_by_every_reader_or_by_none(
    server: RedisServer, streams_settings: Any, tmp_path: Path
) -> None:
    forwarder, certificate = tls_forwarder(tmp_path, server.port)
    with forwarder:
        url = f"rediss://localhost:{forwarder.port}/0"
        for trusting in (
            f"{url}?ssl_ca_certs={certificate}",
            f"{url}?ssl_cert_reqs=CERT_NONE",
            f"{url}?ssl_ca_certs={certificate}&ssl_cert_reqs=optional",
        ):
            streams_settings.REDIS_URL = trusting
            assert await who_fails(streams_settings) == {}
        for wary in (url, f"rediss://127.0.0.1:{forwarder.port}/0?ssl_ca_certs={certificate}"):
            streams_settings.REDIS_URL = wary
            assert set(await who_fails(streams_settings)) == set(READERS)
        streams_settings.REDIS_URL = url
        streams_settings.REDIS_TLS_VERIFY = False
        assert await who_fails(streams_settings) == {}


async def who_fails(streams_settings: Any) -> dict[str, BaseException]:
    """Of all that read REDIS_URL, those that do not get to Redis, and why."""
    results = await asyncio.gather(*(read() for read in READERS.values()), return_exceptions=True)
    outcomes = zip(READERS, results, strict=True)
    return {name: result for name, result in outcomes if isinstance(result, BaseException)}


def _get_address() -> Any:
    from streams.conf import get_redis_address

    return get_redis_address()


async def _by_layer() -> None:
    layer = StreamsChannelLayer(hosts=[_get_address().host])
    try:
        await layer.run(lambda redis: redis.ping(), 5)  # type: ignore[arg-type, return-value]
        await layer.connect()
        await asyncio.wait_for(layer.settle(), 30)
    finally:
        await layer.close()


async def _by_own_connection() -> None:
    connection = OwnConnection(_get_address())
    try:
        await connection.run(lambda redis: redis.ping(), 5)  # type: ignore[arg-type, return-value]
    finally:
        await connection.close()


async def _by_start() -> None:
    assert await asyncio.to_thread(look_at_redis, _get_address()) == ANSWERS


async def _by_check() -> None:
    ids = [message.id for message in await asyncio.to_thread(check_redis)]
    assert ids == ["streams.W022"]


async def _by_celery() -> None:
    await asyncio.to_thread(_connect_as_celery)


def _connect_as_celery() -> None:
    from django.conf import settings

    url, transport, options = broker(settings.STREAMS)
    assert "p@s" not in url
    with Connection(url, transport=transport, transport_options=options) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        channel: Any = connection.default_channel
        channel.client.ping()


READERS = {
    "layer": _by_layer,
    "own connection": _by_own_connection,
    "start": _by_start,
    "check": _by_check,
    "celery": _by_celery,
}
