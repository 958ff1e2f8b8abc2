"""The feed of one process: who listens here to what, and the data they get.

Consumers join and leave; the ticker refreshes what they listen to, in threads, so that nothing
that blocks runs on the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from channels.layers import BaseChannelLayer

from marketdata.executors import DaemonExecutor
from streams.arrivals import Arrivals
from streams.cadence import Cadence
from streams.refresh import Refresher, publish, utc_now
from streams.snapshots import Snapshot
from streams.subscriptions import Subscription

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

# One for the tick, the rest for arrivals.
MAX_THREADS = 6


class Feed:
    """Bound to the event loop it is created on, as its clients' sockets are."""

    def __init__(
        self, refresher: Refresher, layer: BaseChannelLayer, interval_seconds: float
    ) -> None:
        self._refresher = refresher
        self._layer = layer
        self._interval_seconds = interval_seconds
        self._listeners: Counter[Subscription] = Counter()
        self._latest: dict[Subscription, Snapshot] = {}
        self._arrivals = Arrivals(self._fetch_first)
        self._ticker = Cadence(interval_seconds, self._tick)
        self._executor = DaemonExecutor(MAX_THREADS, "refresh")

    async def join(self, subscription: Subscription, channel_name: str) -> None:
        """From now on the channel gets every payload of the subscription."""
        self._listeners[subscription] += 1
        await self._layer.group_add(subscription.group, channel_name)
        self._ticker.start()

    async def leave(self, subscription: Subscription, channel_name: str) -> None:
        """The end of a `join`."""
        self._listeners[subscription] -= 1
        if not self._listeners[subscription]:
            del self._listeners[subscription]
            self._latest.pop(subscription, None)
            self._executor.submit(self._refresher.release, [subscription])
        await self._layer.group_discard(subscription.group, channel_name)

    async def first(self, subscription: Subscription) -> Snapshot:
        """Data at once for somebody who has joined: at most one tick old."""
        latest = self._latest.get(subscription)
        if latest and latest.made_at >= utc_now().timestamp() - self._interval_seconds:
            return latest
        return await self._arrivals.get(subscription)

    async def close(self) -> None:
        """Stop ticking."""
        self._ticker.stop()

    async def _tick(self) -> bool:
        subscriptions = list(self._listeners)
        if not subscriptions:
            return False
        snapshots = await self._in_thread(self._refresher.refresh_local, subscriptions, utc_now())
        self._keep(snapshots)
        await publish(self._layer, snapshots)
        return True

    async def _fetch_first(self, subscriptions: Sequence[Subscription]) -> Sequence[Snapshot]:
        snapshots = await self._in_thread(self._refresher.first, subscriptions, utc_now())
        self._keep(snapshots)
        return snapshots

    def _keep(self, snapshots: Sequence[Snapshot]) -> None:
        for snapshot in snapshots:
            if snapshot.subscription in self._listeners:
                self._latest[snapshot.subscription] = snapshot

    async def _in_thread(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(self._executor.submit(call, *args, **kwargs))
