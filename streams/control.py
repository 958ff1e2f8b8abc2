"""Changes of who may connect, told to every process of the cluster through the channel layer."""

from __future__ import annotations

import logging
from typing import Any, Final

import msgspec
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from streams.conf import settings

logger = logging.getLogger(__name__)

CONTROL_GROUP: Final = "streams.control"


class Change(msgspec.Struct, frozen=True):
    """What to look at again. Sessions, by their names, have ended; keys to `disconnect` have not:
    only their connections end."""

    keys: tuple[int, ...] = ()
    users: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    disconnect: tuple[int, ...] = ()


def announce(change: Change) -> None:
    """Tell every process, from a thread. What does not get through a periodic recheck finds."""
    layer = get_channel_layer(settings.CHANNEL_LAYER)
    if not settings.USE_SECURITY or layer is None:
        return
    message = {"type": "auth.changed", "change": msgspec.to_builtins(change)}
    try:
        async_to_sync(layer.group_send)(CONTROL_GROUP, message)
    except Exception:
        logger.exception("A change of who may connect was not announced; a recheck finds it")


def parse_change(message: dict[str, Any]) -> Change:
    """Raises msgspec.ValidationError for what another release may understand."""
    return msgspec.convert(message.get("change"), Change)
