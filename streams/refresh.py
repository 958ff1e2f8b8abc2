"""The refresh: active subscriptions → one fetch → payloads → snapshots → group_send.

Ticker, arrivals and the Celery task all end here; nothing else sends data to groups.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from itertools import chain

from channels.layers import BaseChannelLayer

from marketdata.deadlines import Deadline
from marketdata.providers import build_provider
from marketdata.providers.base import Provider, PushesPrices
from streams.claims import Claimant
from streams.counts import Counts
from streams.fetching import Fetcher
from streams.layers import RedisUnavailable, StreamsChannelLayer
from streams.protocol import encode
from streams.snapshots import Snapshot
from streams.source_state import SourceWatch
from streams.state import State
from streams.subscriptions import Endpoint, Subscription
from streams.topics import TOPICS, Facts, unite

logger = logging.getLogger(__name__)

# A refresh ends before the next tick begins.
TIMEOUT_SHARE = 0.8
# At a tick, quotes that somebody fetched this short a time ago are new enough.
REUSE_SHARE = 0.2
# How long to wait for the process that fetches a newcomer's data already, and how often to look.
OTHERS_SHARE = 0.5
OTHERS_POLL_SECONDS = 0.05


class Refresher:
    """Makes the payloads of subscriptions. Its methods block: call them off the event loop."""

    def __init__(
        self,
        fetcher: Fetcher,
        state: State,
        interval_seconds: float,
        shards: int = 1,
    ) -> None:
        self._fetcher = fetcher
        self._state = state
        self._interval_seconds = interval_seconds
        self._shards = shards

    @property
    def provider(self) -> Provider:
        return self._fetcher.provider

    @property
    def watch(self) -> SourceWatch:
        """How the source is."""
        return self._fetcher.watch

    def start_stream(self) -> None:
        """Have the provider's prices pushed as well, if it can; once is enough."""
        if isinstance(self.provider, PushesPrices):
            self.provider.start_stream()

    def warm_up(self, now: datetime) -> None:
        """Build the market's calendar, which takes half a second the first time."""
        build_payload(Subscription(Endpoint.HOURS), Facts(now))

    def shard_of(self, subscription: Subscription) -> int:
        """Which of the shards, counted from 0, it belongs to."""
        return subscription.shard(self._shards)

    def renew(self, subscriptions: Collection[Subscription], now: datetime) -> None:
        """Prolong the leases of what has listeners here; without Redis nobody asks for them."""
        with contextlib.suppress(RedisUnavailable):
            self._state.registry.renew(subscriptions, now.timestamp())

    def release(self, subscriptions: Collection[Subscription]) -> None:
        """Nobody here listens to these any more."""
        with contextlib.suppress(RedisUnavailable):
            self._state.registry.release(subscriptions)

    def lead(
        self,
        shards: Collection[int],
        local: Collection[Subscription],
        claimant: Claimant,
        now: datetime,
    ) -> tuple[set[int], list[Snapshot]]:
        """A tick for everybody: the shards that were to be had, and their payloads.

        To be published, and then kept: those who listen come before newcomers. Those of `local`
        in these shards are refreshed also when their leases were lost. Raises RedisUnavailable.
        """
        claims, registry = self._state.claims, self._state.registry
        led = {shard for shard in shards if claims.claim_tick(shard, claimant)}
        if not led:
            return led, []
        active = registry.active(now.timestamp()) | set(local)
        return led, self.refresh([s for s in active if self.shard_of(s) in led], now)

    def refresh(self, subscriptions: Collection[Subscription], now: datetime) -> list[Snapshot]:
        """A tick for these subscriptions, whoever else may refresh them."""
        self._fetcher.fragments.age(now.timestamp(), self._interval_seconds)
        return self._refresh(subscriptions, now, REUSE_SHARE * self._interval_seconds)

    def keep(self, snapshots: Collection[Snapshot]) -> None:
        """Have these ready for newcomers, on whatever process."""
        if snapshots:
            self._state.snapshots.put(snapshots)

    def first(self, subscriptions: Collection[Subscription], now: datetime) -> list[Snapshot]:
        """Snapshots, at most one tick old, of subscriptions that are new to this process."""
        others_deadline = Deadline.after(OTHERS_SHARE * self._interval_seconds)
        self.renew(subscriptions, now)
        not_before = now.timestamp() - self._interval_seconds
        found = dict(self._state.snapshots.get(subscriptions, not_before))
        missing = [s for s in subscriptions if s not in found]
        if missing:
            mine = self._claim_first(missing)
            found.update({s.subscription: s for s in self._refresh_new(mine, now)})
            theirs = [s for s in missing if s not in found]
            found.update(self._await_others(theirs, not_before, others_deadline))
            found.update({s.subscription: s for s in self._refresh_new(_rest(theirs, found), now)})
        return list(found.values())

    def _claim_first(self, subscriptions: Collection[Subscription]) -> set[Subscription]:
        try:
            return self._state.claims.claim_first(subscriptions)
        except RedisUnavailable:
            return set(subscriptions)

    def _await_others(
        self, subscriptions: Collection[Subscription], not_before: float, deadline: Deadline
    ) -> dict[Subscription, Snapshot]:
        """Snapshots that another process of the cluster is making at this moment."""
        found: dict[Subscription, Snapshot] = {}
        while (rest := _rest(subscriptions, found)) and deadline.remaining():
            time.sleep(OTHERS_POLL_SECONDS)
            found.update(self._state.snapshots.get(rest, not_before))
        return found

    def _refresh_new(
        self, subscriptions: Collection[Subscription], now: datetime
    ) -> list[Snapshot]:
        snapshots = self._refresh(subscriptions, now, self._interval_seconds)
        self.keep(snapshots)
        return snapshots

    def _refresh(
        self, subscriptions: Collection[Subscription], now: datetime, reuse_seconds: float
    ) -> list[Snapshot]:
        if not subscriptions:
            return []
        needs = [TOPICS[s.endpoint].needs(s) for s in subscriptions]
        facts = self._fetcher.fetch(
            unite(needs),
            now,
            TIMEOUT_SHARE * self._interval_seconds,
            now.timestamp() - reuse_seconds,
            Counter(chain.from_iterable(need.quotes for need in needs)),
        )
        made_at = now.timestamp()
        return [Snapshot(s, build_payload(s, facts), made_at) for s in subscriptions]


def _rest(
    subscriptions: Collection[Subscription], found: Mapping[Subscription, Snapshot]
) -> list[Subscription]:
    return [s for s in subscriptions if s not in found]


def build_payload(subscription: Subscription, facts: Facts) -> str:
    """The JSON text for a subscription's clients; facts that make no sense count as missing."""
    topic = TOPICS[subscription.endpoint]
    try:
        return encode(topic.build(subscription, facts))
    except Exception:
        logger.exception("Nonsense among the facts for %s", subscription.endpoint)
        return encode(topic.build(subscription, Facts(facts.now)))


async def publish(
    layer: BaseChannelLayer, snapshots: Iterable[Snapshot], claimant: Claimant
) -> None:
    """Send each snapshot to its group, all in one go where the layer can."""
    messages = [(s.subscription.group, payload_event(s, claimant)) for s in snapshots]
    if isinstance(layer, StreamsChannelLayer):
        await layer.group_send_many(messages)
        return
    for group, message in messages:
        await layer.group_send(group, message)


async def deliver(
    layer: BaseChannelLayer, snapshots: Iterable[Snapshot], claimant: Claimant
) -> None:
    """`publish` to the receivers of this process only, where the layer can."""
    if not isinstance(layer, StreamsChannelLayer):
        await publish(layer, snapshots, claimant)
        return
    for snapshot in snapshots:
        layer.deliver(snapshot.subscription.group, payload_event(snapshot, claimant))
        await asyncio.sleep(0)  # let sockets be written between groups


def payload_event(snapshot: Snapshot, claimant: Claimant) -> dict[str, object]:
    """The channel-layer message that carries a snapshot, and who made it."""
    return {
        "type": "stream.payload",
        "group": snapshot.subscription.group,
        "payload": snapshot.payload,
        "made_at": snapshot.made_at,
        "source": claimant.source,
        "by": claimant.holder,
    }


def utc_now() -> datetime:
    """The clock as entry points read it."""
    return datetime.now(UTC)


def build_fetcher(
    provider_name: str,
    state: State,
    counts: Counts,
    interval_seconds: float,
    **options: object,
) -> Fetcher:
    """A fetcher from the provider of this name; `options` are the provider's."""
    watch = SourceWatch(state.source, interval_seconds)
    provider = build_provider(provider_name, options, state.source)
    return Fetcher(provider, state.quotes, counts, watch)
