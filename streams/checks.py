"""Django's system checks of this app's settings: what is wrong with them, without any I/O."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Final

from channels.exceptions import InvalidChannelLayerError
from channels.layers import get_channel_layer
from django.conf import settings as django_settings
from django.core import checks

from streams.conf import SETTINGS, are_right, find_problems, settings
from streams.deploy_checks import check_deployment
from streams.hosts import describe_impossible_host, find_impossible_host
from streams.layers import StreamsChannelLayer
from streams.redis_checks import check_redis
from streams.redis_urls import WrongRedisUrl

TAG: Final = "streams"

SIGNED_COOKIES: Final = "django.contrib.sessions.backends.signed_cookies"


def register() -> None:
    """To be called once the app is ready; again is harmless."""
    for check in (check_settings, check_layer, check_sessions, check_hosts, check_logins):
        checks.register(check, TAG)
    for check in (check_deployment, check_redis):
        checks.register(check, TAG, deploy=True)


def check_settings(**_: Any) -> list[checks.CheckMessage]:
    """E001 a wrong value, E002 a name that is no setting."""
    problems = find_problems(getattr(django_settings, "STREAMS", {}))
    return [_describe(name, problem) for name, problem in problems.items()]


def _describe(name: str, problem: str) -> checks.CheckMessage:
    text = f"STREAMS[{name!r}] {problem}." if name else f"STREAMS {problem}."
    if name in ("", *SETTINGS):
        return checks.Error(text, id="streams.E001")
    near = get_close_matches(str(name), SETTINGS, 1)
    hint = f"Did you mean {near[0]}?" if near else "The README lists the settings."
    return checks.Error(text, hint=hint, id="streams.E002")


def check_layer(**_: Any) -> list[checks.CheckMessage]:
    """E003 there is no such channel layer to be had, W001 it is shared while the state is not."""
    if not are_right():
        return []
    alias = settings.CHANNEL_LAYER
    try:
        layer = get_channel_layer(alias)
    except (InvalidChannelLayerError, WrongRedisUrl) as error:
        return [checks.Error(f"The channel layer {alias!r}: {error}.", id="streams.E003")]
    if layer is None:
        return [
            checks.Error(
                f"CHANNEL_LAYERS has no layer {alias!r}.",
                hint="Add one, such as streams.layers.StreamsChannelLayer, "
                "or name another in STREAMS['CHANNEL_LAYER'].",
                id="streams.E003",
            )
        ]
    if not settings.REDIS_URL and _is_shared(layer):
        return [
            checks.Warning(
                f"The channel layer {alias!r} reaches other processes, but STREAMS['REDIS_URL'] is "
                "empty: each process would refresh for itself and send to the clients of all.",
                hint="Set STREAMS['REDIS_URL'], or name a layer without Redis "
                "in STREAMS['CHANNEL_LAYER'].",
                id="streams.W001",
            )
        ]
    return []


def _is_shared(layer: Any) -> bool:
    if isinstance(layer, StreamsChannelLayer):
        return layer.is_shared
    return type(layer).__module__.startswith("channels_redis")


def check_sessions(**_: Any) -> list[checks.CheckMessage]:
    """W002 sessions that nobody can end."""
    if not are_right():
        return []
    if not settings.USE_SECURITY or django_settings.SESSION_ENGINE != SIGNED_COOKIES:
        return []
    return [
        checks.Warning(
            "With this SESSION_ENGINE a session is a cookie: after a logout a copy of it still "
            "opens sockets, and pages, until it expires.",
            hint="Use one that keeps sessions, such as django.contrib.sessions.backends.db.",
            id="streams.W002",
        )
    ]


def check_hosts(**_: Any) -> list[checks.CheckMessage]:
    """E004 a host that no request can have: each would be answered 400."""
    host = find_impossible_host(django_settings.ALLOWED_HOSTS)
    if host is None:
        return []
    return [checks.Error(f"ALLOWED_HOSTS {describe_impossible_host(host)}.", id="streams.E004")]


def check_logins(**_: Any) -> list[checks.CheckMessage]:
    """W003 half of what slows down who tries passwords."""
    backends, throttle = django_settings.AUTHENTICATION_BACKENDS, "streams.logins.ThrottleBackend"
    is_asked_first = bool(backends) and backends[0] == throttle
    if ("streams.logins.LoginThrottle" in django_settings.MIDDLEWARE) == is_asked_first:
        return []
    return [
        checks.Warning(
            "Who tries passwords is not slowed down: streams.logins.LoginThrottle in MIDDLEWARE "
            f"and {throttle} as the first of AUTHENTICATION_BACKENDS belong together.",
            hint="Add the other, or remove the one.",
            id="streams.W003",
        )
    ]
