"""Starting: what a server says of itself, and how wrong settings are refused."""

from __future__ import annotations

import ast
import contextlib
import sqlite3
from http.client import HTTPConnection
from pathlib import Path
from secrets import token_urlsafe

import pytest

from streams.conf import SETTINGS
from tests.processes import Process, Server
from tests.redis_server import RedisServer


def test_a_server_says_where_its_data_comes_from() -> None:
    with Server() as server:
        server.wait_for(
            r"provider simulated \(simulated: the prices are made up\); "
            "channel layer: StreamsChannelLayer; no Redis; refreshed by this process"
        )
        assert server.address.startswith("127.0.0.1:")
        assert server.stop() == 0


def test_a_server_says_whether_redis_answers() -> None:
    redis = RedisServer()
    redis.start()
    with Server(REDIS_URL=redis.url) as server:
        server.wait_for("channel layer: StreamsChannelLayer; Redis answers; refreshed by Celery")
    redis.stop()
    with Server(REDIS_URL=redis.url) as server:
        server.wait_for("Redis does not answer")


def test_a_server_brings_its_database_up_to_date(tmp_path: Path) -> None:
    database = tmp_path / "db.sqlite3"
    with Server("--migrate", DATABASE_URL=f"sqlite:///{database}") as server:
        assert server.address
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM streams_apikey").fetchone() == (0,)


def test_a_worker_and_beat_log_as_the_settings_say() -> None:
    with Process("-m", "celery", "-A", "financequery", "worker", LOG_LEVEL="INFO") as worker:
        worker.wait_for(r"^\d{4}-.* INFO celery\.\S+: .* ready\.$")
    with Process("-m", "celery", "-A", "financequery", "beat", LOG_LEVEL="DEBUG") as beat:
        beat.wait_for(r"^\d{4}-.* DEBUG celery\.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REFRESH_SECONDS", "abc"),
        ("REFRESH_SECONDS", "0"),
        ("REFRESH_SECONDS", "nan"),
        ("MARKETDATA_PROVIDER", "bloomberg"),
        ("YAHOO_BASE_URL", "localhost"),
        ("MAX_SYMBOLS_PER_CONNECTION", "many"),
        ("MAX_MESSAGE_BYTES", "-1"),
        ("DEBUG", "perhaps"),
        ("DATABASE_URL", "nonsense"),
        ("ALLOWED_ORIGINS", "app.example.com"),
        ("ALLOWED_HOSTS", "https://app.example.com"),
        ("ALLOWED_HOSTS", "app.example.com;example.com"),
        ("TRUSTED_PROXY_HOPS", "-1"),
        ("ADMIN_API_KEY", "a key with blanks"),
    ],
)
def test_a_wrong_setting_refuses_the_start_in_one_sentence(name: str, value: str) -> None:
    with Process("manage.py", "serve", "--port", "0", **{name: value}) as process:
        assert process.popen.wait(60) == 1
    assert process.output.startswith("Refused to start: ")
    assert name in process.output
    assert len(process.output.splitlines()) == 1


def test_blank_variables_are_as_if_they_were_not_set(tmp_path: Path) -> None:
    names = [*SETTINGS, "HTTPS_ONLY", "HSTS_SECONDS", "LOG_LEVEL", "LOG_FORMAT", "SENTRY_DSN"]
    blank = dict.fromkeys([*names, "ALLOWED_HOSTS", "DATABASE_URL", "SECRET_KEY"], " ")
    with Process("manage.py", "check", **blank) as process:
        assert process.popen.wait(60) == 0, process.output


def test_blanks_in_lists_do_not_count() -> None:
    hosts = "app.example.com, example.com ,"
    with Server(ALLOWED_HOSTS=hosts, DEBUG="0", SECRET_KEY="long", HTTPS_ONLY="0") as server:
        for host, status in [("example.com", 200), ("other.example.com", 400)]:
            with contextlib.closing(HTTPConnection(server.address, timeout=60)) as connection:
                connection.request(
                    "GET", "/asyncapi.json", headers={"Host": host, "Connection": "close"}
                )
                with connection.getresponse() as response:
                    assert response.status == status


@pytest.mark.parametrize("program", [["worker"], ["beat"]])
def test_a_wrong_setting_refuses_celerys_start_in_one_sentence(program: list[str]) -> None:
    celery = ["-m", "celery", "-A", "financequery", *program]
    with Process(*celery, REFRESH_SECONDS="soon") as process:
        assert process.popen.wait(60) == 1
    assert process.output.startswith("Refused to start: ")
    assert "REFRESH_SECONDS" in process.output
    assert len(process.output.splitlines()) == 1


def test_outside_debug_mode_a_secret_key_is_needed() -> None:
    with Process("manage.py", "check", DEBUG="0", SECRET_KEY="") as process:
        assert process.popen.wait(60) == 1
    assert "SECRET_KEY" in process.output


@pytest.mark.parametrize("proxies", ["0", "1"])
def test_production_settings_pass_djangos_deployment_checks(proxies: str) -> None:
    settings = {
        "DEBUG": "0",
        "SECRET_KEY": token_urlsafe(50),
        "TRUSTED_PROXY_HOPS": proxies,
        "ALLOWED_HOSTS": "quotes.example.com",
        "MAX_CONNECTIONS": "500",
        "MARKETDATA_PROVIDER": "yahoo",
    }
    arguments = ("check", "--deploy", "--fail-level", "INFO")
    with Process("manage.py", *arguments, **settings, USE_SECURITY="True") as process:
        assert process.popen.wait(60) == 0, process.output


def test_on_a_platform_deployment_checks_know_where_they_are() -> None:
    settings = {
        "DYNO": "release.1",
        "ALLOWED_HOSTS": "quotes.example.com",
        "MAX_CONNECTIONS": "500",
    }
    with Process("manage.py", "check", "--deploy", **settings) as process:
        process.wait()
    assert "on Heroku at least 1 must be believed" in process.output
    with Process("manage.py", "check", "--deploy", FLY_APP_NAME="quotes") as process:
        process.wait()
    assert "it is killed after 5 s (KILL_SECONDS)" in process.output


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgresql_is_used_through_a_pool_and_no_connection_outlives_it(scheme: str) -> None:
    """Under ASGI each request has a thread of its own, and would have a connection of its own."""
    with Process(
        "manage.py", "diffsettings", DATABASE_URL=f"{scheme}://user@db.example/x"
    ) as shown:
        assert shown.wait() == 0
        [line] = [line for line in shown.output.splitlines() if line.startswith("DATABASES")]
    database = ast.literal_eval(line.split(" = ")[1].removesuffix("  ###"))["default"]
    assert database["CONN_MAX_AGE"] == 0
    assert database["CONN_HEALTH_CHECKS"] is True
    assert (database["OPTIONS"]["pool"]["min_size"], database["OPTIONS"]["pool"]["max_size"]) == (
        0,
        4,
    )
