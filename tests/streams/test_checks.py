"""System checks: each names what is wrong, and says nothing when nothing is."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core import checks
from django.core.checks.registry import registry

from streams.checks import check_hosts, check_layer, check_logins, check_sessions, check_settings
from streams.claims import CELERY, TAKEOVER, Claimant, RedisClaims
from streams.deploy_checks import check_deployment
from streams.redis_checks import TIMEOUT_SECONDS, check_redis
from streams.redis_urls import parse_redis_url
from streams.shared_state import OwnConnection, SharedState
from tests.redis_server import RedisServer

Check = Callable[[], list[checks.CheckMessage]]


def ids(check: Check) -> list[str | None]:
    return [message.id for message in check()]


# What a deployment is usually meant to be.
MEANT = {"USE_SECURITY": True, "MARKETDATA_PROVIDER": "yahoo"}


@pytest.fixture(autouse=True)
def _deployed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ALLOWED_HOSTS = ["quotes.example.com"]
    settings.STREAMS = {**settings.STREAMS, **MEANT}
    monkeypatch.setattr("resource.getrlimit", lambda _: (1024, 524_288))


@pytest.mark.parametrize(
    "check",
    [check_settings, check_layer, check_sessions, check_hosts, check_deployment, check_redis],
)
def test_a_sound_project_passes(check: Check) -> None:
    assert check() == []


def test_only_what_needs_no_network_runs_at_every_command() -> None:
    always, deploying = registry.get_checks(), registry.get_checks(include_deployment_checks=True)
    assert {check_settings, check_layer, check_sessions, check_hosts} <= set(always)
    assert {check_deployment, check_redis} <= set(deploying) - set(always)


def test_a_wrong_value_is_named(streams_settings: Any) -> None:
    streams_settings.REFRESH_SECONDS = "5"
    [message] = check_settings()
    assert (message.id, message.msg) == (
        "streams.E001",
        "STREAMS['REFRESH_SECONDS'] must be a number.",
    )


def test_a_name_that_is_no_setting_is_named_with_one_like_it(streams_settings: Any) -> None:
    streams_settings.REFRESH_SECOND = 5
    [message] = check_settings()
    assert message.id == "streams.E002"
    assert message.hint == "Did you mean REFRESH_SECONDS?"


def test_settings_that_are_no_dict_are_named(settings: Any) -> None:
    settings.STREAMS = ["REFRESH_SECONDS"]
    assert [message.msg for message in check_settings()] == ["STREAMS must be a dict."]
    assert check_layer() == check_sessions() == check_deployment() == check_redis() == []


def test_checks_that_need_right_settings_leave_it_at_naming_the_wrong_ones(settings: Any) -> None:
    settings.STREAMS = {"KILL_SECONDS": "long", "REDIS_URL": 5, "CHANNEL_LAYER": []}
    assert ids(check_settings) == ["streams.E001"] * 3
    assert check_layer() == check_sessions() == check_deployment() == check_redis() == []


def test_a_channel_layer_that_is_missing_is_named(streams_settings: Any) -> None:
    streams_settings.CHANNEL_LAYER = "live"
    [message] = check_layer()
    assert (message.id, message.msg) == ("streams.E003", "CHANNEL_LAYERS has no layer 'live'.")


def test_a_channel_layer_that_cannot_be_made_is_named(settings: Any) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "team.layers.Missing"}}
    [message] = check_layer()
    assert message.id == "streams.E003"
    assert "team.layers.Missing" in message.msg


@pytest.mark.parametrize(
    "layer",
    [
        {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"},
        {
            "BACKEND": "streams.layers.StreamsChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:6379"]},
        },
    ],
)
def test_a_shared_layer_without_shared_state_is_told(
    settings: Any, streams_settings: Any, layer: dict[str, Any]
) -> None:
    settings.CHANNEL_LAYERS = {"default": layer}
    assert ids(check_layer) == ["streams.W001"]
    streams_settings.REDIS_URL = "redis://127.0.0.1:6379"
    assert ids(check_layer) == []


def test_a_host_that_no_request_can_have_is_named(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["app.example.com", "https://app.example.com"]
    [message] = check_hosts()
    assert message.id == "streams.E004"
    assert message.msg.startswith("ALLOWED_HOSTS has 'https://app.example.com', which is no host")


def test_sessions_that_nobody_can_end_are_told(settings: Any, streams_settings: Any) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    streams_settings.USE_SECURITY = False
    assert ids(check_sessions) == []
    streams_settings.USE_SECURITY = True
    assert ids(check_sessions) == ["streams.W002"]


def test_half_a_throttle_is_told(settings: Any) -> None:
    assert ids(check_logins) == []
    settings.AUTHENTICATION_BACKENDS = settings.AUTHENTICATION_BACKENDS[1:]
    assert ids(check_logins) == ["streams.W003"]
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "logins" not in name]
    assert ids(check_logins) == []


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        ({"WEB_CONCURRENCY": 2}, "streams.W010"),
        ({"PLATFORM": "Heroku"}, "streams.W012"),
        ({"PLATFORM": "Fly.io", "TRUSTED_PROXY_HOPS": 1}, "streams.W012"),
        ({"KILL_SECONDS": 5.0}, "streams.W013"),
        ({"DRAIN_SECONDS": 20.0, "KILL_SECONDS": 22.0}, "streams.W013"),
        ({"REDIS_URL": "rediss://redis.example.com", "REDIS_TLS_VERIFY": False}, "streams.W015"),
        ({"REDIS_URL": "rediss://redis.example.com?ssl_cert_reqs=none"}, "streams.W015"),
        ({"USE_SECURITY": False}, "streams.W016"),
        ({"MARKETDATA_PROVIDER": "simulated"}, "streams.W017"),
    ],
)
def test_a_deployment_that_does_not_fit_is_told(
    settings: Any, streams: dict[str, Any], expected: str
) -> None:
    settings.STREAMS = {**MEANT, **streams}
    assert ids(check_deployment) == [expected]


@pytest.mark.parametrize(
    "streams",
    [
        {"WEB_CONCURRENCY": 2, "REDIS_URL": "redis://redis.example.com"},
        {"PLATFORM": "Heroku", "TRUSTED_PROXY_HOPS": 1, "KILL_SECONDS": 30.0},
        {"DRAIN_SECONDS": 25.0, "KILL_SECONDS": 120.0},
        {"REDIS_URL": "rediss://redis.example.com"},
    ],
)
def test_a_deployment_that_fits_passes(settings: Any, streams: dict[str, Any]) -> None:
    settings.STREAMS = {**MEANT, **streams}
    assert check_deployment() == []


@pytest.mark.parametrize("hosts", [["localhost", "127.0.0.1"], ["*"]])
def test_hosts_for_nobody_or_for_all_are_told(settings: Any, hosts: list[str]) -> None:
    settings.ALLOWED_HOSTS = hosts
    assert ids(check_deployment) == ["streams.W011"]


def test_more_connections_than_open_files_are_told(
    streams_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (1024, 4096))
    streams_settings.MAX_CONNECTIONS = 4000
    [message] = check_deployment()
    assert message.id == "streams.W014"
    assert "needs 160 more open files" in message.msg
    streams_settings.MAX_CONNECTIONS = 3000
    assert check_deployment() == []


def test_a_redis_that_is_away_or_silent_is_told_in_bounded_time(streams_settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        streams_settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        began_at = time.monotonic()
        assert ids(check_redis) == ["streams.W020"]
        assert time.monotonic() - began_at < 4 * TIMEOUT_SECONDS
    assert ids(check_redis) == ["streams.W020"]


async def test_a_redis_is_asked_for_room_and_for_a_worker(streams_settings: Any) -> None:
    """The claims are real ones: of a worker, and of a web process that steps in for it."""
    redis = RedisServer("--maxclients", "12")
    redis.start()
    streams_settings.REDIS_URL = redis.url
    streams_settings.REDIS_PREFIX = "streams"
    connection = OwnConnection(parse_redis_url(redis.url))
    shared = SharedState(connection, 5)
    shared.bind(asyncio.get_running_loop())
    claims = RedisClaims(shared, "streams", 60)
    try:
        assert await asyncio.to_thread(ids, check_redis) == ["streams.W022"]
        assert await asyncio.to_thread(claims.claim_tick, 0, Claimant(TAKEOVER, "web"))
        assert await asyncio.to_thread(ids, check_redis) == ["streams.W022"]
        assert await asyncio.to_thread(claims.claim_tick, 0, Claimant(CELERY, "task"))
        assert await asyncio.to_thread(ids, check_redis) == []
        streams_settings.WEB_CONCURRENCY = 4
        [message] = await asyncio.to_thread(check_redis)
        assert message.id == "streams.W021"
        assert "Redis takes 10 more connections" in message.msg
    finally:
        await connection.close()
        redis.kill()
