"""The Django app: builds, once per process, the objects that its entry points share."""

from __future__ import annotations

import logging
from functools import cached_property

from channels.layers import get_channel_layer
from django.apps import AppConfig, apps
from django.conf import settings

from streams.feed import Feed
from streams.refresh import Refresher, build_refresher, utc_now

logger = logging.getLogger(__name__)


class StreamsConfig(AppConfig):
    name = "streams"
    verbose_name = "Streams"
    default_auto_field = "django.db.models.BigAutoField"

    def start(self) -> None:
        """For the start of a server: pay now for what the first client would wait for."""
        self.refresher.warm_up(utc_now())
        provider = self.refresher.provider
        remark = " (simulated: the prices are made up)" if provider.is_simulated else ""
        logger.info("Market data comes from the provider %s%s", provider.name, remark)

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


def get_streams() -> StreamsConfig:
    """This process's instance, for entry points."""
    config = apps.get_app_config("streams")
    assert isinstance(config, StreamsConfig)
    return config
