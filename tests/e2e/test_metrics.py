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

from tests.e2e.monitoring_docs import names_by_file, names_of_alerts
from tests.e2e.operations import eventually, fetch, scrape, total
from tests.e2e.security.installation import (
    ADMIN_KEY,
    PASSWORD,
    Browser,
    Installation,
    refusal,
    with_key,
)
from tests.marketdata.yahoo.answers import serve_everything
from tests.marketdata.yahoo.server import FakeYahoo
from tests.processes import Process, Server
from tests.redis_server import RedisServer

LIVE = "/admin/streams/livestreams/"
TOKEN = "a-token-of-some-length"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Cluster(NamedTuple):
    one: Server
    other: Server
    worker: Process
    redis: RedisServer
    place: Installation
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
            REFRESH_SECONDS="0.7",
            LOG_FORMAT="json",
            LOG_LEVEL="DEBUG",
            PROCESS_NAME="test",
            METRICS_TOKEN=TOKEN,
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
        yield Cluster(servers[0], servers[1], worker, redis, place, key)
    for server in servers:
        assert all(line.startswith("{") for line in server.output.splitlines()), server.output
    for process in (*servers, worker):
        assert_json_lines(process)
        for secret in (key, ADMIN_KEY, PASSWORD, TOKEN):
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
            await asyncio.wait_for(socket.recv(), 30)
        yield


async def test_one_process_shows_all_of_the_cluster_and_its_counters_move(
    cluster: Cluster, clients: None
) -> None:
    response = await refusal(cluster.one.url("/quotes"))
    assert response.status_code == 401

    def shows_all() -> bool:
        found = scrape(cluster.one, **BEARER)
        present = {dict(labels)["process"] for name, labels in found if name.endswith("_info")}
        calls = [v for (name, _), v in found.items() if name == "streams_upstream_calls_total"]
        ticks = [v for (name, _), v in found.items() if name.endswith("tick_duration_seconds_sum")]
        # A process's first report may be from before it had reached Redis.
        all_are_up = total(found, "streams_redis_up") == len(cluster.names)
        return present >= set(cluster.names) and all_are_up and sum(calls) > 0 and bool(ticks)

    await eventually(lambda: shows_all(), bool, 30)
    one, other, worker = cluster.names
    before = await asyncio.to_thread(scrape, cluster.one, **BEARER)
    assert total(before, "streams_process_info", process=worker, kind="worker") == 1
    assert total(before, "streams_connections", endpoint="quotes") == 2
    assert total(before, "streams_connections", endpoint="profile", process=other) == 1
    assert total(before, "streams_subscriptions") == 3
    assert total(before, "streams_handshakes_refused_total", code="missing_key", process=one) == 1
    assert total(before, "streams_ready", process=one) == 1
    assert total(before, "streams_staleness_seconds", endpoint="quotes", process=one) < 20
    assert total(before, "streams_tick_duration_seconds_count", process=worker) > 0
    assert total(before, "streams_upstream_calls_total", result="ok") > 0
    assert total(before, "streams_fetches_total", data="quotes", result="ok") > 0
    assert total(before, "streams_upstream_budget_calls", process=worker) > 0
    assert total(before, "streams_upstream_crumb_age_seconds", process=worker) >= 0

    def has_moved() -> bool:
        after = scrape(cluster.other, **BEARER)
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
    own = await asyncio.to_thread(scrape, cluster.one, "?process=own", **BEARER)
    assert {dict(labels)["process"] for _, labels in own} == {one}
    assert len(cluster.redis.list_clients()) < 30


async def test_every_metric_that_the_dashboard_and_the_alerts_name_is_exported(
    cluster: Cluster, clients: None
) -> None:
    page = (await asyncio.to_thread(fetch, cluster.one, "/metrics", **BEARER)).body
    exported = {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE ")}
    parts = {name + end for name in exported for end in ("", "_bucket", "_count", "_sum")}
    for file, named in names_by_file().items():
        assert len(named) > 5, file
        assert named <= parts, f"{file} names {named - parts}"
    undocumented = exported - names_by_file()["operations.md"]
    assert not undocumented, "docs/operations.md says what each metric means"


def test_the_page_says_what_to_do_on_each_alert() -> None:
    alerts, advice = names_of_alerts()
    assert len(alerts) > 10
    assert alerts == advice


def test_with_a_token_metrics_are_for_whoever_has_it(cluster: Cluster) -> None:
    assert fetch(cluster.one, "/metrics").status == 403
    assert fetch(cluster.one, "/metrics", Authorization="Bearer wrong").status == 403
    answer = fetch(cluster.one, "/metrics", **BEARER)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


async def test_close_codes_are_counted(cluster: Cluster) -> None:
    def closed() -> float:
        found = scrape(cluster.one, "?process=own", **BEARER)
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
        both = f"{one}: 1,<br>{other}: 1"
        return all(text in page for text in (both, worker, "Celery", "ADMIN_API_KEY", "ok"))

    page = await eventually(tables, is_complete, 30)
    assert "ACME WILE" in page
    assert "Mobile app (fq_" in page
    assert cluster.key not in page
    whole = await asyncio.to_thread(root.get, LIVE)
    assert page.splitlines()[-2] in whole
    assert "<script>" not in whole
    assert " style=" not in whole


def test_of_the_staff_only_who_has_the_right_sees_it(cluster: Cluster) -> None:
    cluster.place.sql("UPDATE auth_user SET is_staff = 1 WHERE username = 'bob'")
    bob = Browser(cluster.other)
    bob.log_in("bob", "/admin/login/")
    with pytest.raises(HTTPError, match="403"):
        bob.get(LIVE)
    cluster.place.sql(
        "INSERT INTO auth_user_user_permissions (user_id, permission_id) "
        "SELECT auth_user.id, auth_permission.id FROM auth_user, auth_permission "
        "WHERE username = 'bob' AND codename = 'view_livestreams'"
    )
    assert cluster.names[1] in bob.get(LIVE)


async def test_without_redis_each_shows_itself_and_goes_on(cluster: Cluster) -> None:
    """Last in the file: others want Redis as it was."""
    cluster.redis.pause()
    try:
        found = await eventually(
            lambda: scrape(cluster.one, **BEARER),
            lambda found: total(found, "streams_redis_up") == 0,
            30,
        )
        assert {dict(labels)["process"] for _, labels in found} == {cluster.names[0]}
        assert fetch(cluster.one, "/healthz").status == 200
    finally:
        cluster.redis.resume()
    await eventually(
        lambda: scrape(cluster.one, **BEARER),
        lambda found: total(found, "streams_redis_up") >= 2,
        30,
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
