"""/metrics, logs and the admin's page of a real cluster: two web processes, worker, beat."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from typing import NamedTuple
from urllib.error import HTTPError

import pytest
from websockets.asyncio.client import connect

from tests.e2e.monitoring_docs import names_by_file
from tests.e2e.operations import eventually, fetch, scrape, total
from tests.e2e.security import ADMIN_KEY, PASSWORD, Browser, Installation, refusal, with_key
from tests.marketdata.yahoo.answers import serve_everything
from tests.marketdata.yahoo.server import FakeYahoo
from tests.processes import Process, Server
from tests.redis_server import RedisServer

LIVE = "/admin/streams/livestreams/"


class Cluster(NamedTuple):
    one: Server
    other: Server
    worker: Process
    redis: RedisServer
    key: str

    @property
    def names(self) -> list[str]:
        """As PROCESS_NAME and the process's number make them."""
        processes = (self.one, self.other, self.worker)
        return [f"test:{process.popen.pid}" for process in processes]


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def cluster(
    prepared: Installation, redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Also looks, at the end, for secrets in what its processes wrote."""
    with ExitStack() as stack:
        yahoo = stack.enter_context(FakeYahoo())
        serve_everything(yahoo)
        place = prepared.copy(
            tmp_path_factory.mktemp("metrics") / "db.sqlite3",
            REDIS_URL=redis.url,
            MARKETDATA_PROVIDER="yahoo",
            YAHOO_BASE_URL=yahoo.url,
            REFRESH_SECONDS="1",
            LOG_FORMAT="json",
            LOG_LEVEL="DEBUG",
            PROCESS_NAME="test",
        )
        key = place.add_key(name="Mobile app")
        servers = [stack.enter_context(place.serve()) for _ in range(2)]
        celery = ("-m", "celery", "-A", "financequery", "--quiet")
        worker, _ = (
            stack.enter_context(Process(*celery, part, **place.environment))
            for part in ("worker", "beat")
        )
        for server in servers:
            assert server.address
        yield Cluster(servers[0], servers[1], worker, redis, key)
    for process in (*servers, worker):
        assert_json_lines(process)
        for secret in (key, ADMIN_KEY, PASSWORD):
            assert secret not in process.output


def assert_json_lines(process: Process) -> None:
    """Each line of the log is an object with the same fields; banners are none."""
    lines = [line for line in process.output.splitlines() if line.startswith("{")]
    assert len(lines) > 5
    for line in lines:
        record = json.loads(line)
        assert {"time", "level", "logger", "message"} <= set(record)
        assert set(record) <= {
            "time",
            "level",
            "logger",
            "message",
            "request_id",
            "exc_info",
            "stack_info",
        }


@pytest.fixture
async def clients(cluster: Cluster) -> AsyncIterator[None]:
    """Two clients with a key and the administrator, on both web processes."""
    async with AsyncExitStack() as stack:
        for server, path, key in (
            (cluster.one, "/quotes", cluster.key),
            (cluster.other, "/quotes", cluster.key),
            (cluster.other, "/profile/ACME", ADMIN_KEY),
        ):
            socket = await stack.enter_async_context(with_key(server.url(path), key))
            if path == "/quotes":
                await socket.send("ACME,WILE")
            for _ in range(3):
                await asyncio.wait_for(socket.recv(), 20)
        yield


async def test_one_process_shows_all_of_the_cluster_and_its_counters_move(
    cluster: Cluster, clients: None
) -> None:
    response = await refusal(cluster.one.url("/quotes"))
    assert response.status_code == 401

    def shows_all() -> bool:
        found = scrape(cluster.one)
        present = {dict(labels)["process"] for name, labels in found if name.endswith("_info")}
        calls = [v for (name, _), v in found.items() if name == "streams_upstream_calls_total"]
        ticks = [v for (name, _), v in found.items() if name.endswith("tick_duration_seconds_sum")]
        return present >= set(cluster.names) and sum(calls) > 0 and bool(ticks)

    await eventually(lambda: shows_all(), bool, 30)
    one, other, worker = cluster.names
    before = await asyncio.to_thread(scrape, cluster.one)
    assert total(before, "streams_process_info", process=worker, kind="worker") == 1
    assert total(before, "streams_connections", endpoint="quotes") == 2
    assert total(before, "streams_connections", endpoint="profile", process=other) == 1
    assert total(before, "streams_subscriptions") == 3
    assert total(before, "streams_handshakes_refused_total", code="missing_key", process=one) == 1
    assert total(before, "streams_redis_up") == 3
    assert total(before, "streams_ready", process=one) == 1
    assert total(before, "streams_staleness_seconds", endpoint="quotes", process=one) < 20
    assert total(before, "streams_tick_duration_seconds_count", process=worker) > 0
    assert total(before, "streams_upstream_calls_total", result="ok") > 0
    assert total(before, "streams_fetches_total", data="quotes", result="ok") > 0
    assert total(before, "streams_upstream_budget_calls", process=worker) > 0
    assert total(before, "streams_upstream_crumb_age_seconds", process=worker) >= 0

    def has_moved() -> bool:
        after = scrape(cluster.other)
        return all(
            total(after, name) > total(before, name)
            for name in (
                "streams_messages_sent_total",
                "streams_sent_bytes_total",
                "streams_tick_duration_seconds_count",
                "streams_process_uptime_seconds",
            )
        )

    await eventually(has_moved, bool, 30)
    own = await asyncio.to_thread(scrape, cluster.one, "?process=own")
    assert {dict(labels)["process"] for _, labels in own} == {one}
    assert len(cluster.redis.list_clients()) < 30


async def test_every_metric_that_the_dashboard_and_the_alerts_name_is_exported(
    cluster: Cluster, clients: None
) -> None:
    page = (await asyncio.to_thread(fetch, cluster.one, "/metrics")).body
    exported = {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE ")}
    parts = {name + end for name in exported for end in ("", "_bucket", "_count", "_sum")}
    for file, named in names_by_file().items():
        assert len(named) > 5, file
        assert named <= parts, f"{file} names {named - parts}"


async def test_close_codes_are_counted(cluster: Cluster) -> None:
    def closed() -> float:
        found = scrape(cluster.one, "?process=own")
        return total(found, "streams_connections_closed_total", code="1009")

    before = await asyncio.to_thread(closed)
    async with with_key(cluster.one.url("/quotes"), cluster.key) as socket:
        await socket.send("A," * 10_000)
        await socket.wait_closed()
    await eventually(closed, lambda now: now == before + 1)


async def test_the_admin_shows_who_listens_where_and_only_to_staff(
    cluster: Cluster, clients: None
) -> None:
    stranger, alice, root = Browser(cluster.one), Browser(cluster.one), Browser(cluster.one)
    assert "Log in" in await asyncio.to_thread(stranger.get, LIVE)
    await asyncio.to_thread(alice.log_in, "alice")
    assert "not authorized" in await asyncio.to_thread(alice.get, LIVE)
    await asyncio.to_thread(root.log_in, "root", "/admin/login/")

    def tables() -> str:
        return root.get(LIVE + "?part=tables")

    def is_complete(page: str) -> bool:
        one, other, worker = cluster.names
        both = f"{one}: 1, {other}: 1"
        return all(text in page for text in (both, worker, "Celery", "ADMIN_API_KEY", "ok"))

    page = await eventually(tables, is_complete, 30)
    assert "ACME WILE" in page
    assert "Mobile app (fq_" in page
    assert cluster.key not in page
    whole = await asyncio.to_thread(root.get, LIVE)
    assert page.splitlines()[-2] in whole
    assert "<script>" not in whole
    assert " style=" not in whole


async def test_without_redis_each_shows_itself_and_goes_on(cluster: Cluster) -> None:
    """Last in the file: others want Redis as it was."""
    cluster.redis.pause()
    try:
        found = await eventually(
            lambda: scrape(cluster.one),
            lambda found: total(found, "streams_redis_up") == 0,
            30,
        )
        assert {dict(labels)["process"] for _, labels in found} == {cluster.names[0]}
        assert fetch(cluster.one, "/healthz").status == 200
    finally:
        cluster.redis.resume()
    await eventually(
        lambda: scrape(cluster.one), lambda found: total(found, "streams_redis_up") >= 2, 30
    )


async def test_the_workers_of_one_server_know_each_other_without_redis() -> None:
    with Server("--workers", "2", REFRESH_SECONDS="0.5") as server:
        await eventually(lambda: scrape(server), lambda found: total(found, "streams_ready") == 2)
        async with connect(server.url("/hours")) as socket:
            await socket.recv()
            await eventually(
                lambda: scrape(server),
                lambda found: total(found, "streams_connections", endpoint="hours") == 1,
            )


@pytest.mark.parametrize(
    ("settings", "headers", "status"),
    [
        ({}, {}, 200),
        ({}, {"X_Forwarded_For": "203.0.113.5"}, 403),
        ({"TRUSTED_PROXY_HOPS": "1"}, {}, 403),
    ],
)
def test_without_a_token_metrics_are_for_this_machine(
    settings: dict[str, str], headers: dict[str, str], status: int
) -> None:
    with Server(**settings) as server:
        assert fetch(server, "/metrics", **headers).status == status


def test_with_a_token_metrics_are_for_whoever_has_it() -> None:
    token = "a-token-of-some-length"
    with Server(METRICS_TOKEN=token, LOG_LEVEL="DEBUG") as server:
        assert fetch(server, "/metrics").status == 403
        assert fetch(server, "/metrics", Authorization="Bearer wrong").status == 403
        answer = fetch(server, "/metrics", Authorization=f"Bearer {token}")
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        server.stop()
        assert token not in server.output


def test_a_browser_of_somebody_without_the_right_sees_nothing(
    installation: Installation,
) -> None:
    installation.sql("UPDATE auth_user SET is_staff = 1 WHERE username = 'alice'")
    with installation.serve() as server:
        alice = Browser(server)
        alice.log_in("alice", "/admin/login/")
        with pytest.raises(HTTPError, match="403"):
            alice.get(LIVE)
        installation.shell(
            "from django.contrib.auth.models import Permission, User\n"
            "User.objects.get(username='alice').user_permissions.add("
            "Permission.objects.get(codename='view_livestreams'))"
        )
        assert "Nobody listens." in alice.get(LIVE)
