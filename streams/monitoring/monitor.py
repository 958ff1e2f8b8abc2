"""The monitor of one process: keeps its canary, tells the others how it is, answers who asks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from concurrent.futures import Future
from contextvars import Context

from marketdata.executors import DaemonExecutor
from marketdata.health import UpstreamHealth
from streams.cadence import Cadence
from streams.layers import RedisUnavailable
from streams.monitoring.account import give_account, list_listened, oldest_ages
from streams.monitoring.canary import SUBSCRIPTION, Canary
from streams.monitoring.readiness import (
    CLUSTER_LIMIT_TICKS,
    LIMIT_TICKS,
    Readiness,
    Signs,
    judge,
)
from streams.monitoring.report import CanaryReport, Report
from streams.monitoring.reports import NoReports, Reports
from streams.monitoring.subject import Subject
from streams.source_state import ShownSource, show
from streams.subscriptions import Subscription

logger = logging.getLogger(__name__)

# About once a tick, but neither in a hurry nor so rarely that nobody knows what goes on.
SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 5.0
# How many reports may fail to get through before the others forget this process.
KEEP_BEATS = 4


def beat_seconds(tick_seconds: float) -> float:
    """How often a process reports."""
    return min(LONGEST_SECONDS, max(SHORTEST_SECONDS, tick_seconds))


class Monitor:
    """Bound to the event loop it is started on; everything is asked of it there."""

    def __init__(self, subject: Subject, reports: Reports | None = None) -> None:
        self._subject = subject
        self._reports = reports or NoReports()
        self._began_at = time.monotonic()
        self._upstream: UpstreamHealth | None = None
        self._executor = DaemonExecutor(1, "report")
        self._asking: Future[UpstreamHealth | None] | None = None
        self._canary = Canary(subject.feed, subject.server) if subject.feed else None
        self._beat = Cadence(beat_seconds(subject.tick_seconds), self._report)
        self._starting: asyncio.Task[bool] | None = None
        self._probing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, unless it has begun."""
        if not self._beat.is_running:
            self._beat.start()
            loop = asyncio.get_running_loop()
            self._starting = loop.create_task(self._report(), context=Context())

    def stop(self) -> None:
        """Report no more."""
        self._beat.stop()
        if self._starting is not None:
            self._starting.cancel()

    async def _report(self) -> bool:
        if self._canary:
            await self._canary.start()
        self._ask_upstream()
        self._probe_gate()
        with contextlib.suppress(RedisUnavailable):  # the layer says so
            await self._reports.publish(self.get_report())
        return True

    def _probe_gate(self) -> None:
        """Not waited for either; it asks the database only if nobody else does."""
        gate = self._subject.gate
        if gate and (self._probing is None or self._probing.done()):
            self._probing = asyncio.create_task(gate.probe(), context=Context())

    def _ask_upstream(self) -> None:
        """In a thread, and not waited for: what it says is part of the next report."""
        asking = self._asking
        if asking is not None and not asking.done():
            return
        if asking is not None and (error := asking.exception()):
            logger.debug("The source's health is not known: %r", error)
        elif asking is not None:
            self._upstream = asking.result()
        self._asking = self._executor.submit(self._look_at_source)

    def _look_at_source(self) -> UpstreamHealth | None:
        self._subject.source.refresh(time.time())
        return self._subject.get_upstream()

    # --- What is asked ------------------------------------------------------------------

    async def get_all(self) -> tuple[list[Report], bool]:
        """This process's report, the others', and whether the others could be asked."""
        own = self.get_report()
        try:
            others = await self._reports.get_others(own.process)
        except RedisUnavailable:
            return [own], False
        return [own, *sorted(others, key=lambda report: report.process)], True

    def get_report(self) -> Report:
        """What this process says of itself at this moment."""
        now = asyncio.get_running_loop().time()
        uptime = time.monotonic() - self._began_at
        canary = self._report_canary(now)
        return give_account(self._subject, self._silent, canary, self._upstream, uptime, now)

    def get_readiness(self) -> Readiness:
        """Whether this process can deliver now."""
        feed, server, canary = self._subject.feed, self._subject.server, self._canary
        gate = self._subject.gate
        now = asyncio.get_running_loop().time()
        heard_at = canary.heard_at if canary else None
        refreshed_at = max(feed.refreshed_at if feed else -1.0, heard_at or -1.0)
        ages = oldest_ages(list_listened(self._subject, self._silent), now)
        return judge(
            Signs(
                refresh_age=now - refreshed_at if refreshed_at >= 0 else None,
                layer_age=_since(heard_at, now),
                delivery_age=_since(canary.delivered_at if canary else None, now),
                oldest_stream_age=max(ages.values(), default=0.0),
                limit=self._limit_seconds,
                is_draining=bool(server and server.is_draining),
                blind_age=gate.blind_seconds() if gate else 0.0,
                shut_age=gate.shut_seconds() if gate else 0.0,
                is_full=bool(server and server.websockets >= server.options.max_connections),
            )
        )

    def get_source(self) -> ShownSource:
        """How the source is, as the cluster knows it: about a beat old at most."""
        provider, source = self._subject.provider, self._subject.source
        return show(provider.name, source.get(), is_simulated=provider.is_simulated)

    @property
    def _limit_seconds(self) -> float:
        ticks = CLUSTER_LIMIT_TICKS if self._subject.is_shared else LIMIT_TICKS
        return ticks * self._subject.tick_seconds

    @property
    def _silent(self) -> Subscription | None:
        return SUBSCRIPTION if self._canary and self._canary.is_listening else None

    def _report_canary(self, now: float) -> CanaryReport | None:
        if self._canary is None:
            return None
        return CanaryReport(_since(self._canary.delivered_at, now), self.get_readiness().ready)


def _since(moment: float | None, now: float) -> float | None:
    return None if moment is None else now - moment
