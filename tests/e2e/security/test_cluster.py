"""Two web processes and a real Redis: one quota, one revocation for both, also without Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.error import HTTPError

import pytest

from tests.e2e.security.installation import (
    WITHOUT_RECHECK,
    Browser,
    Installation,
    closing_code,
    code_of,
    refusal,
    with_key,
)
from tests.processes import Server
from tests.redis_server import RedisServer

KEYS = "/admin/streams/apikey/"
MAX_LOGIN_FAILURES = 3


class Cluster(NamedTuple):
    place: Installation
    redis: RedisServer
    first: Server
    second: Server


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    redis = RedisServer()
    redis.start()
    yield redis
    redis.kill()


@pytest.fixture(scope="module")
def cluster(
    prepared: Installation, tmp_path_factory: pytest.TempPathFactory, redis: RedisServer
) -> Iterator[Cluster]:
    database = tmp_path_factory.mktemp("cluster") / "db.sqlite3"
    # Redis has a quarter of a tick to answer, and a busy machine must not be taken for its loss.
    place = prepared.copy(
        database,
        REDIS_URL=redis.url,
        MAX_HANDSHAKES_PER_MINUTE="40",
        MAX_LOGIN_FAILURES=str(MAX_LOGIN_FAILURES),
        REFRESH_SECONDS="2",
    )
    with place.serve() as first, place.serve(WITHOUT_RECHECK) as second:
        for server in (first, second):
            assert server.address
        yield Cluster(place, redis, first, second)
    for server in (first, second):
        assert "Traceback" not in server.output


async def test_a_revocation_in_one_process_closes_sockets_of_both_at_once(
    cluster: Cluster,
) -> None:
    key, other = cluster.place.add_key(), cluster.place.add_key()
    root = Browser(cluster.first)
    await asyncio.to_thread(root.log_in, "root")
    async with (
        with_key(cluster.first.url("/hours"), key) as here,
        with_key(cluster.second.url("/hours"), key) as there,
        with_key(cluster.second.url("/hours"), other) as bystander,
    ):
        await here.recv()
        await there.recv()
        pk = cluster.place.id_of(key)
        listed = await asyncio.to_thread(root.get, KEYS)
        assert "2/100" in listed
        await asyncio.to_thread(
            root.post, KEYS, action="revoke", _selected_action=pk, confirmed="yes"
        )
        for socket in (here, there):
            assert await asyncio.wait_for(closing_code(socket), 30) == 4401
        assert await bystander.recv()
        assert await bystander.recv()
    for server in (cluster.first, cluster.second):
        headers = {"x-api-key": key}
        assert (await refusal(server.url("/hours"), additional_headers=headers)).status_code == 401


async def test_a_revocation_on_the_command_line_closes_sockets_of_both(cluster: Cluster) -> None:
    key = cluster.place.add_key()
    async with (
        with_key(cluster.first.url("/hours"), key) as here,
        with_key(cluster.second.url("/hours"), key) as there,
    ):
        await here.recv()
        await there.recv()
        revoke = ("api_keys", "revoke", str(cluster.place.id_of(key)), "--by", "root")
        await asyncio.to_thread(cluster.place.manage, *revoke)
        for socket in (here, there):
            assert await asyncio.wait_for(closing_code(socket), 30) == 4401
    root = Browser(cluster.first)
    await asyncio.to_thread(root.log_in, "root")
    history = f"{KEYS}{cluster.place.id_of(key)}/history/"
    assert "Revoked. On the command line" in await asyncio.to_thread(root.get, history)


def test_failed_logins_count_for_all_processes_together(cluster: Cluster) -> None:
    def status(server: Server) -> int:
        with suppress(HTTPError):
            Browser(server).post("/login/", username="bob", password="wrong")
            return 200
        return 429

    assert [status(cluster.first) for _ in range(MAX_LOGIN_FAILURES)] == [200] * MAX_LOGIN_FAILURES
    assert status(cluster.first) == 429
    # A process that has heard nothing of it learns it from Redis with its first failure.
    assert status(cluster.second) == 200
    assert status(cluster.second) == 429


async def test_quotas_count_for_all_processes_together(cluster: Cluster) -> None:
    urls = [server.url("/hours") for server in (cluster.first, cluster.second)]
    at_once = cluster.place.add_key(max_connections=2)
    async with with_key(urls[0], at_once), with_key(urls[1], at_once):
        for url in urls:
            assert await code_for(url, at_once) == "too_many_connections"
    a_day = cluster.place.add_key(connections_per_day=3)
    for url in (*urls, urls[0]):
        async with with_key(url, a_day) as socket:
            assert await socket.recv()
    for url in urls:
        assert await code_for(url, a_day) == "over_quota"
    # Two processes, one address, forty handshakes a minute.
    answers = [await code_for(urls[n % 2], "wrong", local_addr=("127.0.0.7", 0)) for n in range(50)]
    assert answers.count("too_many_handshakes") >= 19
    connections = cluster.redis.list_clients()
    assert len(connections) <= 4, "two for each web process"


async def code_for(url: str, key: str, **options: Any) -> str:
    return code_of(await refusal(url, additional_headers={"x-api-key": key}, **options))


async def test_a_frozen_redis_keeps_no_handshake_waiting(cluster: Cluster) -> None:
    url, key = cluster.first.url("/hours"), cluster.place.add_key(connections_per_day=2)
    cluster.redis.pause()
    try:
        async with asyncio.timeout(30):
            for _ in range(2):
                async with with_key(url, key) as socket:
                    assert await socket.recv()
            assert await code_for(url, key) == "over_quota"
            assert await code_for(url, "wrong") == "invalid_key"
    finally:
        cluster.redis.resume()
    await asyncio.to_thread(cluster.first.wait_for, "Redis .* is back")


async def test_without_redis_limits_go_on_and_changes_take_effect(cluster: Cluster) -> None:
    urls = [server.url("/hours") for server in (cluster.first, cluster.second)]
    key, gone = cluster.place.add_key(connections_per_day=4), cluster.place.add_key()
    async with with_key(urls[0], gone) as socket, with_key(urls[0], key) as staying:
        await socket.recv()
        cluster.redis.kill()
        for server in (cluster.first, cluster.second):
            await asyncio.to_thread(server.wait_for, "Redis .* is lost")
        for _ in range(3):
            async with with_key(urls[0], key):
                pass
        assert await code_for(urls[0], key) == "over_quota", "counted on from where Redis was"
        await asyncio.to_thread(
            cluster.place.shell,
            f"from streams.models import ApiKey; ApiKey.objects.get(name='a test\\'s', "
            f"pk={cluster.place.id_of(gone)}).delete()",
        )
        cluster.redis.start()
        assert await asyncio.wait_for(closing_code(socket), 30) == 4401
        assert await staying.recv()
    for url in urls:
        assert await code_for(url, gone) == "invalid_key"
