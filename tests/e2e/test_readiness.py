"""Health and readiness of real processes, while delivery works, stops, and comes back."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from tests.e2e.operations import eventually, fetch, until_ready
from tests.processes import Process, Server
from tests.redis_server import RedisServer

TICK = 0.7


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.kill()


def cluster_server(redis: RedisServer, settings: str = "financequery.settings") -> Server:
    return Server(REDIS_URL=redis.url, REFRESH_SECONDS=str(TICK), DJANGO_SETTINGS_MODULE=settings)


async def test_a_server_is_ready_soon_after_its_start_and_says_what_it_looked_at() -> None:
    with Server(REFRESH_SECONDS="3600") as server:
        ready = await until_ready(server)
        assert ready["reasons"] == []
        assert ready["limit_seconds"] == 7200
        assert list(ready["parts"]) == [
            "refresh",
            "layer",
            "outbox",
            "streams",
            "draining",
            "capacity",
            "handshakes",
            "validation",
        ]
        assert all(part["ok"] for part in ready["parts"].values())
        assert ready["parts"]["outbox"]["age_seconds"] < 20
        await asyncio.to_thread(break_a_rule, server)
        # A proxy's id for it is in the line about it.
        server.wait_for(r"INFO streams\.server\.protocol: \[from-the-router\] Client .* failed")


def break_a_rule(server: Server) -> None:
    """As a client whose handshake came past a router."""
    with socket.create_connection(("127.0.0.1", server.port), 10) as raw:
        raw.sendall(
            b"GET /hours HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nX-Request-ID: from-the-router\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert raw.recv(4096).startswith(b"HTTP/1.1 101 ")
        raw.sendall(b"\x83\x80\x00\x00\x00\x00")  # no opcode that there is
        assert raw.recv(4096)


async def test_a_frozen_redis_stops_one_layer_and_not_ours_and_both_are_told_apart(
    redis: RedisServer,
) -> None:
    """The same fault for Channels' own layer, through which nothing gets any more, and for ours."""
    with (
        cluster_server(redis) as ours,
        cluster_server(redis, "tests.e2e.stock_layer") as stock,
    ):
        await asyncio.gather(until_ready(ours), until_ready(stock))
        async with connect(ours.url("/hours")) as client:
            await client.recv()
            redis.pause()
            stopped_at = time.monotonic()
            watching = asyncio.create_task(statuses_until(ours, "for its own clients"))
            answer = await until_ready(stock, is_ready=False)
            # A payload may have come just before, and then 2.5 ticks go by without one.
            assert time.monotonic() - stopped_at < 2.5 * TICK + 2
            assert answer["ready"] is False
            assert any(r.startswith("layer: the channel layer") for r in answer["reasons"])
            assert fetch(stock, "/healthz").status == 200
            statuses = await watching
            redis.resume()
        # On a busy machine a takeover may be late; it is not long.
        assert statuses.count(200) > 0.8 * len(statuses)
        assert statuses[-10:] == [200] * 10
        await asyncio.gather(until_ready(ours), until_ready(stock))


async def statuses_until(server: Server, text: str) -> list[int]:
    """What /readyz answers until the server says this, and a while longer."""
    statuses: list[int] = []
    left = 20
    while left:
        statuses.append((await asyncio.to_thread(fetch, server, "/readyz")).status)
        await asyncio.sleep(0.1)
        left -= text in server.output
        assert len(statuses) < 200, server.output
    return statuses


async def test_while_draining_it_is_unready_and_alive_to_who_is_connected() -> None:
    with Server(REFRESH_SECONDS="0.5", DRAIN_SECONDS="20") as server:
        await until_ready(server)
        host, _, port = server.address.rpartition(":")
        balancer = HTTPConnection(host, int(port), timeout=60)
        balancer.request("GET", "/readyz")
        response = balancer.getresponse()
        assert (response.status, bool(response.read())) == (200, True)
        async with connect(server.url("/hours")):
            server.send(signal.SIGTERM)

            def is_refused() -> bool:
                try:
                    fetch(server, "/healthz")
                except OSError:
                    return True
                return False

            await eventually(is_refused, bool)
            balancer.request("GET", "/readyz")
            response = balancer.getresponse()
            assert response.status == 503
            assert b"restarting" in response.read()
            balancer.close()
            server.send(signal.SIGTERM)


async def test_a_full_process_says_so_instead_of_looking_dead() -> None:
    with Server(REFRESH_SECONDS="0.5", MAX_CONNECTIONS="2") as server:
        await until_ready(server)
        async with connect(server.url("/hours")), connect(server.url("/hours")):
            assert fetch(server, "/healthz").json == {"status": "alive"}
            answer = fetch(server, "/readyz")
            assert answer.status == 503
            assert answer.json["reasons"] == ["capacity: no connection is left (MAX_CONNECTIONS)"]
            assert fetch(server, "/metrics").status == 200
            assert fetch(server, "/").status == 503, "who does not watch gets no reserved place"
        await until_ready(server)


async def test_a_process_that_can_look_nobody_up_is_not_ready_though_nobody_came(
    tmp_path: Path,
) -> None:
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    with Server(DATABASE_URL=database, USE_SECURITY="1", REFRESH_SECONDS="1") as server:
        reason = "handshakes: keys and sessions cannot be looked up"
        answer = await eventually(lambda: fetch(server, "/readyz"), lambda a: reason in a.body)
        assert answer.status == 503
        with Process("manage.py", "migrate", "-v0", DATABASE_URL=database) as migrating:
            assert await asyncio.to_thread(migrating.wait) == 0
        await until_ready(server)


async def test_health_is_answered_whatever_host_it_is_asked_of_and_nothing_else_is() -> None:
    settings = {"DEBUG": "0", "SECRET_KEY": "x" * 50, "USE_SECURITY": "True"}
    database = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    with Server(REFRESH_SECONDS="0.5", **settings, **database) as server:
        await until_ready(server)
        for path in ("/healthz", "/readyz", "/metrics", "/healthz/"):
            answer = fetch(server, path, host="10.1.2.3:8000")
            assert answer.status == 200, path
            assert answer.headers["cache-control"] == "no-store"
            assert "10.1.2.3" not in str(answer)
        assert fetch(server, "/healthz", "HEAD").body == ""
        assert fetch(server, "/healthz", "POST").status == 405
        assert fetch(server, "/login/", host="10.1.2.3:8000").status == 400
