"""The Django app: builds, once per process, the objects that its entry points share."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from channels.layers import BaseChannelLayer, get_channel_layer
from django.apps import AppConfig, apps
from django.conf import settings as django_settings

from marketdata.health import ReportsHealth, UpstreamHealth
from streams.background import BackgroundLoop
from streams.claims import CELERY, Claimant
from streams.conf import settings
from streams.counts import Counts
from streams.feed import Feed
from streams.layers import RedisUnavailable
from streams.limits import Limits
from streams.monitoring.monitor import Monitor
from streams.monitoring.subject import Server, Subject
from streams.naming import Names
from streams.refresh import Refresher, build_fetcher, publish, utc_now
from streams.sharing import Sharing
from streams.subscriptions import Endpoint

if TYPE_CHECKING:
    from streams.gate import Gate

logger = logging.getLogger(__name__)

ACCESS = {
    True: "only who has a key or a session may connect",
    False: "everybody may connect (USE_SECURITY is off)",
}


class StreamsConfig(AppConfig):
    name = "streams"
    verbose_name = "Streams"
    default_auto_field = "django.db.models.BigAutoField"

    # Our own server, if it is the one that serves; `manage.py serve` says so before it runs.
    server: Server | None = None
    # Where the workers of one `serve` meet that have no Redis.
    reports_directory: Path | None = None
    _is_worker = False

    # A worker's threads all begin at once, and must not each build a connection of their own.
    _building = threading.Lock()

    def ready(self) -> None:
        # Models, and what uses them, cannot be imported before Django has loaded the apps.
        from streams import checks, signals

        signals.connect()
        checks.register()

    def start(self) -> None:
        """For the start of a server: say what it is, pay now for what the first client needs."""
        self.refresher.warm_up(utc_now())
        # In a cluster the worker does it, which fetches for all.
        if settings.YAHOO_STREAM and not self.sharing.is_shared:
            self.refresher.start_stream()
        provider = self.refresher.provider
        remark = " (simulated: the prices are made up)" if provider.is_simulated else ""
        logger.info(
            "Market data comes from the provider %s%s; channel layer: %s; %s; %s",
            provider.name,
            remark,
            type(self.layer).__name__,
            self.sharing.describe(),
            ACCESS[settings.USE_SECURITY],
        )

    def refresh_shard(self, shard: int, task_id: str) -> bool:
        """The tick of one shard, for a worker. False when the tick is somebody else's.

        Raises RedisUnavailable.
        """
        with self._building:
            background, refresher, layer = self.background_loop, self.refresher, self.layer
        claimant = Claimant(CELERY, task_id)
        began_at = time.monotonic()
        if settings.YAHOO_STREAM:
            refresher.start_stream()
        led, snapshots = refresher.lead({shard}, (), claimant, utc_now())
        try:
            background.run(publish(layer, snapshots, claimant), settings.REFRESH_SECONDS)
        except TimeoutError as error:
            raise RedisUnavailable("the payloads could not be published in time") from error
        if led:
            self.counts.ticks[CELERY].observe(time.monotonic() - began_at)
        refresher.keep(snapshots)
        return bool(led)

    def start_reporting(self) -> None:
        """For a worker, which has no server: tell the others how it is, once a tick."""
        if not self.sharing.is_shared:
            return
        with self._building:
            self._is_worker = True
            background, _ = self.background_loop, self.refresher
        background.loop.call_soon_threadsafe(lambda: self.monitor.start())

    def get_upstream_health(self) -> UpstreamHealth | None:
        """How the source is doing, if the provider knows. Blocks: call it off the event loop."""
        provider = self.refresher.provider
        return provider.get_health() if isinstance(provider, ReportsHealth) else None

    @property
    def yahoo_options(self) -> dict[str, Any]:
        """What the settings say about Yahoo, by field of its options."""
        return {
            "base_url": settings.YAHOO_BASE_URL,
            "user_agent": settings.YAHOO_USER_AGENT,
            "requests_per_second": settings.YAHOO_REQUESTS_PER_SECOND,
            "burst": settings.YAHOO_BURST,
            "http": settings.YAHOO_HTTP,
        }

    @cached_property
    def counts(self) -> Counts:
        """What this process counts of its own work."""
        return Counts(Endpoint)

    @cached_property
    def monitor(self) -> Monitor:
        """How this process is; first asked for on the event loop that serves or reports."""
        return Monitor(
            Subject(
                process=f"{settings.PROCESS_NAME or _get_host_name()}:{os.getpid()}",
                kind="worker" if self._is_worker else "web",
                tick_seconds=settings.REFRESH_SECONDS,
                provider=self.refresher.provider,
                is_shared=self.sharing.is_shared,
                counts=self.counts,
                layer=self.layer,
                source=self.refresher.watch,
                get_upstream=self.get_upstream_health,
                feed=None if self._is_worker else self.feed,
                gate=self.gate if settings.USE_SECURITY and not self._is_worker else None,
                server=self.server,
            ),
            self.sharing.build_reports(self.reports_directory),
        )

    @cached_property
    def layer(self) -> BaseChannelLayer:
        layer = get_channel_layer(settings.CHANNEL_LAYER)
        if layer is None:
            raise RuntimeError(f"CHANNEL_LAYERS has no layer {settings.CHANNEL_LAYER!r}")
        return layer

    @cached_property
    def sharing(self) -> Sharing:
        """What this process shares with others."""
        return Sharing(self.layer)

    @property
    def limits(self) -> Limits:
        """What handshakes count against."""
        return self.sharing.limits

    @cached_property
    def names(self) -> Names:
        """What this process's clients have named."""
        return Names(settings.MAX_SYMBOLS_PER_HOUR)

    @cached_property
    def feed(self) -> Feed:
        """What this process's consumers share; first asked for on the server's event loop."""
        self.sharing.bind(asyncio.get_running_loop())
        return Feed(
            self.refresher,
            self.layer,
            settings.REFRESH_SECONDS,
            is_shared=self.sharing.is_shared,
            counts=self.counts,
        )

    @cached_property
    def gate(self) -> Gate:
        """What this process's handshakes share; first asked for on the server's event loop."""
        from streams.gate import Gate
        from streams.identification import Rules
        from streams.origins import canonical_origin

        rules = Rules(
            settings.ADMIN_API_KEY,
            settings.MAX_HANDSHAKES_PER_MINUTE,
            settings.MAX_WRONG_KEYS_PER_MINUTE,
            tuple(canonical_origin(origin.strip()) or "" for origin in settings.ALLOWED_ORIGINS),
            settings.ANY_ORIGIN_WITH_KEY,
            django_settings.SESSION_COOKIE_NAME,
        )
        return Gate(self.layer, self.limits, rules)

    @cached_property
    def background_loop(self) -> BackgroundLoop:
        """Where a worker's connections live: a task's own event loop would not outlive it."""
        background = BackgroundLoop("streams-redis")
        self.sharing.bind(background.loop)
        return background

    @cached_property
    def refresher(self) -> Refresher:
        state = self.sharing.state
        provider = settings.MARKETDATA_PROVIDER
        seconds = settings.REFRESH_SECONDS
        fetcher = build_fetcher(provider, state, self.counts, seconds, **self.yahoo_options)
        return Refresher(fetcher, state, seconds, settings.REFRESH_SHARDS)


def _get_host_name() -> str:
    """The first part of it, in characters that a process's name may have."""
    name = socket.gethostname().partition(".")[0]
    return re.sub(r"[^\w-]", "-", name)[:80] or "host"


def get_streams() -> StreamsConfig:
    """This process's instance, for entry points."""
    config = apps.get_app_config("streams")
    assert isinstance(config, StreamsConfig)
    return config
