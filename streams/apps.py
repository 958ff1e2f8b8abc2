"""The Django app: builds, once per process, the objects that its entry points share."""

from __future__ import annotations

from functools import cached_property

from channels.layers import get_channel_layer
from django.apps import AppConfig
from django.conf import settings

from streams.feed import Feed
from streams.refresh import Refresher, build_refresher


class StreamsConfig(AppConfig):
    name = "streams"
    verbose_name = "Streams"
    default_auto_field = "django.db.models.BigAutoField"

    @cached_property
    def refresher(self) -> Refresher:
        return build_refresher(
            settings.MARKETDATA_PROVIDER,
            settings.REFRESH_SECONDS,
            yahoo_base_url=settings.YAHOO_BASE_URL,
            yahoo_user_agent=settings.YAHOO_USER_AGENT,
        )

    @cached_property
    def feed(self) -> Feed:
        """What this process's consumers share; first asked for on the server's event loop."""
        layer = get_channel_layer()
        if layer is None:
            raise RuntimeError("CHANNEL_LAYERS has no default layer")
        return Feed(self.refresher, layer, settings.REFRESH_SECONDS)
