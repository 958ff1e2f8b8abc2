"""Django's system checks of this app's settings: what is wrong with them, without any I/O."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

from channels.exceptions import InvalidChannelLayerError
from channels.layers import get_channel_layer
from django.conf import settings as django_settings
from django.core import checks

from streams.conf import SETTINGS, settings
from streams.deploy_checks import check_deployment
from streams.layers import StreamsChannelLayer
from streams.redis_checks import check_redis

TAG: Final = "streams"

# Those whose sessions are rows that a handshake can be looked up in.
SESSION_ENGINES: Final = tuple(f"django.contrib.sessions.backends.{e}" for e in ("db", "cached_db"))


def register() -> None:
    """To be called once the app is ready; again is harmless."""
    for check in (check_settings, check_layer, check_sessions):
        checks.register(check, TAG)
    for check in (check_deployment, check_redis):
        checks.register(check, TAG, deploy=True)


def check_settings(**_: Any) -> list[checks.CheckMessage]:
    """E001 a wrong value, E002 a name that is no setting."""
    given = getattr(django_settings, "STREAMS", {})
    return [message for name in given for message in _check_setting(name, given[name])]


def _check_setting(name: str, value: object) -> Iterable[checks.CheckMessage]:
    if name not in SETTINGS:
        near = get_close_matches(name, SETTINGS, 1)
        hint = f"Did you mean {near[0]}?" if near else "The README lists the settings."
        yield checks.Error(f"STREAMS[{name!r}] is no setting.", hint=hint, id="streams.E002")
    elif problem := SETTINGS[name].problem(value):
        yield checks.Error(f"STREAMS[{name!r}] {problem}.", id="streams.E001")


def check_layer(**_: Any) -> list[checks.CheckMessage]:
    """E003 there is no such channel layer to be had, W001 it is shared while the state is not."""
    alias = settings.CHANNEL_LAYER
    try:
        layer = get_channel_layer(alias)
    except InvalidChannelLayerError as error:
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
    """W002 users' sessions cannot be found."""
    if not settings.USE_SECURITY or django_settings.SESSION_ENGINE in SESSION_ENGINES:
        return []
    return [
        checks.Warning(
            "With this SESSION_ENGINE no user's session opens a socket; API keys do.",
            hint=f"Use one of {', '.join(SESSION_ENGINES)}.",
            id="streams.W002",
        )
    ]
