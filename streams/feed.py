"""The feed of one process: who listens here to what, and the data they get.

Consumers join and leave. On every tick the feed hears, like any listener, what is refreshed for
its groups; what nobody refreshes it refreshes itself, in threads, so that nothing that blocks
runs on the event loop. Without Redis that is everything, and with Redis it is the takeover.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

import msgspec
from channels.layers import BaseChannelLayer

from marketdata.executors import DaemonExecutor
from streams.arrivals import MAX_BATCHES, Arrivals
from streams.cadence import Cadence
from streams.claims import CELERY, LOCAL, TAKEOVER, Claimant
from streams.counts import Counts
from streams.ears import Ears
from streams.layers import RedisUnavailable, StreamsChannelLayer
from streams.refresh import Refresher, deliver, publish, utc_now
from streams.snapshots import Snapshot, is_behind
from streams.sources import HELP, Sources
from streams.subscriptions import Subscription
from streams.watch import Watch

P = ParamSpec("P")
T = TypeVar("T")

# One for the tick and one for what is short, however long all batches of arrivals take.
MAX_THREADS = MAX_BATCHES + 2
# How often a process of a cluster looks whether somebody must step in.
LOOKS_PER_TICK = 4
# Leases are renewed once a tick; looks are never so punctual that they come just a tick later.
RENEW_TICKS = 0.875

# Redis confirms a subscription in a millisecond, and a newcomer waits for it no longer than this.
SETTLE_SECONDS = 0.25


class Stream(msgspec.Struct):
    """What this process knows of a subscription with listeners; `heard_at` by the loop's clock."""

    shard: int
    listeners: int
    heard_at: float
    source: str = ""
    latest: Snapshot | None = None


class Feed:
    """Bound to the event loop it is created on, as its clients' sockets are."""

    def __init__(
        self,
        refresher: Refresher,
        layer: BaseChannelLayer,
        interval_seconds: float,
        *,
        is_shared: bool,
        counts: Counts | None = None,
    ) -> None:
        self._refresher = refresher
        self.layer = layer
        self._interval_seconds = interval_seconds
        self._is_shared = is_shared
        self._me = uuid4().hex
        self._watch = Watch(interval_seconds, is_shared=is_shared)
        self._counts = counts or Counts()
        self.sources = Sources(self._counts, is_shared=is_shared)
        # When this process last made payloads, on the event loop's clock.
        self.refreshed_at = -math.inf
        self.streams: dict[Subscription, Stream] = {}
        self._groups: dict[str, Subscription] = {}
        # How many of the subscriptions are in each shard, lest they be counted for each newcomer.
        self._shards: Counter[int] = Counter()
        self._renewed_at = -math.inf
        self._arrivals = Arrivals(self._fetch_first)
        self._ticker = Cadence(
            interval_seconds / LOOKS_PER_TICK if is_shared else interval_seconds,
            self._look,
            self._counts.lateness.observe,
        )
        self._executor = DaemonExecutor(MAX_THREADS, "refresh")
        self._ears = Ears(layer, self._hear)

    async def join(self, subscription: Subscription, channel_name: str) -> None:
        """From now on the channel gets every payload of the subscription."""
        await self.listen(subscription)
        await self.layer.group_add(subscription.group, channel_name)

    async def listen(self, subscription: Subscription) -> None:
        """One more listener, who joins the group by itself."""
        stream = self.streams.get(subscription)
        if stream is None:
            shard = self._refresher.shard_of(subscription)
            self.streams[subscription] = Stream(shard, 1, self._now())
            self._shards[shard] += 1
            self._groups[subscription.group] = subscription
            self._watch_shards()
        else:
            stream.listeners += 1
        # Before anything that a layer might fail at: the ticks make up for it.
        self._ticker.start()
        await self._ears.open(subscription.group)

    async def leave(self, subscription: Subscription, channel_name: str) -> None:
        """The end of a `join`."""
        stream = self.streams[subscription]
        stream.listeners -= 1
        if not stream.listeners:
            del self.streams[subscription]
            del self._groups[subscription.group]
            self._shards -= Counter([stream.shard])
        await self.layer.group_discard(subscription.group, channel_name)
        if subscription not in self.streams:  # nor has anybody joined meanwhile
            await self._ears.close(subscription.group)
            self._executor.submit(self._refresher.release, [subscription])

    async def first(self, subscription: Subscription) -> Snapshot:
        """Data at once for somebody who has joined: at most one tick old.

        Raises TimeoutError after a tick without: the next one brings it.
        """
        stream = self.streams.get(subscription)
        latest = stream.latest if stream else None
        if latest and latest.made_at >= utc_now().timestamp() - self._interval_seconds:
            return latest
        async with asyncio.timeout(self._interval_seconds):
            return await self._arrivals.get(subscription)

    async def close(self) -> None:
        """Stop ticking."""
        self._ticker.stop()
        await self._ears.stop()

    # --- The tick -----------------------------------------------------------------------

    async def _look(self) -> bool:
        """Refresh what this process must; False when nobody listens any more."""
        try:
            return await self._look_once()
        except Exception:
            self._counts.failed_ticks += 1
            raise

    async def _look_once(self) -> bool:
        if not self.streams:
            return False
        await self._renew()
        self._watch_shards()
        if due := self._watch.due(self._now()):
            await self._lead(due)
        if late := self._get_late():
            await self._help(late)
        return True

    async def _renew(self) -> None:
        now = self._now()
        if self._is_shared and now - self._renewed_at >= RENEW_TICKS * self._interval_seconds:
            self._renewed_at = now
            await self._in_thread(self._refresher.renew, list(self.streams), utc_now())

    async def _lead(self, shards: set[int]) -> None:
        local = [s for s, stream in self.streams.items() if stream.shard in shards]
        claimant = Claimant(TAKEOVER if self._is_shared else LOCAL, self._me)
        began_at = self._now()
        try:
            led, snapshots = await self._in_thread(
                self._refresher.lead, shards, local, claimant, utc_now()
            )
        except RedisUnavailable:
            claimant = Claimant(LOCAL, self._me)
            led = shards
            snapshots = await self._in_thread(self._refresher.refresh, local, utc_now())
        for shard in shards - led:
            self._watch.refused(shard)
        for shard in led:
            self._watch.led(shard, began_at)
        if not led:
            return
        self.refreshed_at = self._now()
        # The many who follow the same go before those with something of their own.
        snapshots.sort(key=self._count_listeners, reverse=True)
        send = deliver if claimant.source == LOCAL else publish
        await send(self.layer, snapshots, claimant)
        self._counts.ticks[claimant.source].observe(self._now() - began_at)
        await self._in_thread(self._refresher.keep, snapshots)

    def _count_listeners(self, snapshot: Snapshot) -> int:
        stream = self.streams.get(snapshot.subscription)
        return stream.listeners if stream else 0

    def _get_late(self) -> list[Subscription]:
        now = self._now()
        streams = self.streams.items()
        return [s for s, stream in streams if self._watch.is_late(stream.heard_at, now)]

    async def _help(self, late: Collection[Subscription]) -> None:
        """Their group's messages do not get here, though somebody may well send them."""
        self._counts.helped += len(late)
        snapshots = await self._in_thread(self._refresher.first, late, utc_now())
        await deliver(self.layer, snapshots, Claimant(HELP, self._me))

    def _watch_shards(self) -> None:
        self._watch.keep(self._shards, self._now())

    # --- What is heard ------------------------------------------------------------------

    def _hear(self, group: str, message: dict[str, Any]) -> None:
        subscription = self._groups.get(group)
        if subscription is None:
            return
        now = self._now()
        stream = self.streams[subscription]
        stream.heard_at, stream.source = now, message["source"]
        self._keep(Snapshot(subscription, message["payload"], message["made_at"]))
        is_mine = message["by"] == self._me
        if not is_mine and message["source"] in (CELERY, TAKEOVER):  # these refresh whole shards
            self._watch.heard(stream.shard, now)
        self.sources.heard(message["source"], is_mine=is_mine)

    async def _fetch_first(self, subscriptions: Sequence[Subscription]) -> Sequence[Snapshot]:
        await self._settle()
        snapshots = await self._in_thread(self._refresher.first, subscriptions, utc_now())
        for snapshot in snapshots:
            self._keep(snapshot)
        return snapshots

    async def _settle(self) -> None:
        """Be sure to hear the next tick before a snapshot is read: no tick falls in between."""
        if isinstance(self.layer, StreamsChannelLayer) and self.layer.is_connected:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.layer.settle(), SETTLE_SECONDS)

    def _keep(self, snapshot: Snapshot) -> None:
        stream = self.streams.get(snapshot.subscription)
        if stream is None:
            return
        latest = stream.latest
        if latest and is_behind(snapshot.made_at, latest.made_at, self._interval_seconds):
            return
        stream.latest = snapshot

    # --- Threads and time ---------------------------------------------------------------

    async def _in_thread(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(self._executor.submit(call, *args, **kwargs))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
