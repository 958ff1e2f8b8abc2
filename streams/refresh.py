"""The refresh: active subscriptions → one fetch → payloads → snapshots → group_send.

Ticker, arrivals and the Celery task all end here; nothing else sends data to groups.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from functools import reduce
from operator import or_

from channels.layers import BaseChannelLayer

from marketdata.providers import build_provider
from marketdata.providers.base import Provider
from streams.fetching import Fetcher
from streams.protocol import encode
from streams.quotes import MemoryRecentQuotes
from streams.registry import MemoryRegistry, Registry
from streams.snapshots import MemorySnapshots, Snapshot, Snapshots
from streams.subscriptions import Endpoint, Subscription
from streams.topics import TOPICS, Facts, Needs

logger = logging.getLogger(__name__)

# A refresh ends before the next tick begins.
TIMEOUT_SHARE = 0.8
# At a tick, quotes that somebody fetched this short a time ago are new enough.
REUSE_SHARE = 0.2
# How long a lease lasts unless it is renewed, which happens every tick.
LEASE_TICKS = 3
# How long quotes and snapshots are kept; none is used after more than one tick.
KEEP_TICKS = 2


class Refresher:
    """Makes the payloads of subscriptions. Its methods block: call them off the event loop."""

    def __init__(
        self,
        fetcher: Fetcher,
        snapshots: Snapshots,
        registry: Registry,
        interval_seconds: float,
    ) -> None:
        self._fetcher = fetcher
        self._snapshots = snapshots
        self._registry = registry
        self._interval_seconds = interval_seconds

    @property
    def provider(self) -> Provider:
        return self._fetcher.provider

    def warm_up(self, now: datetime) -> None:
        """Build the market's calendar, which takes half a second the first time."""
        build_payload(Subscription(Endpoint.HOURS), Facts(now))

    def refresh_local(
        self, subscriptions: Collection[Subscription], now: datetime
    ) -> list[Snapshot]:
        """A tick for the subscriptions this process has listeners for."""
        self._registry.renew(subscriptions, now.timestamp())
        return self._refresh(subscriptions, now, REUSE_SHARE * self._interval_seconds)

    def first(self, subscriptions: Collection[Subscription], now: datetime) -> list[Snapshot]:
        """Snapshots, at most one tick old, of subscriptions that are new to this process."""
        self._registry.renew(subscriptions, now.timestamp())
        not_before = now.timestamp() - self._interval_seconds
        kept = [self._snapshots.get(subscription, not_before) for subscription in subscriptions]
        present = [snapshot for snapshot in kept if snapshot is not None]
        missing = set(subscriptions) - {snapshot.subscription for snapshot in present}
        return present + (self._refresh(missing, now, self._interval_seconds) if missing else [])

    def release(self, subscriptions: Collection[Subscription]) -> None:
        """Nobody here listens to these any more."""
        self._registry.release(subscriptions)

    def _refresh(
        self, subscriptions: Collection[Subscription], now: datetime, reuse_seconds: float
    ) -> list[Snapshot]:
        topics_needs = (TOPICS[s.endpoint].needs(s) for s in subscriptions)
        facts = self._fetcher.fetch(
            reduce(or_, topics_needs, Needs()),
            now,
            TIMEOUT_SHARE * self._interval_seconds,
            now.timestamp() - reuse_seconds,
        )
        made_at = now.timestamp()
        snapshots = [Snapshot(s, build_payload(s, facts), made_at) for s in subscriptions]
        self._snapshots.put(snapshots)
        return snapshots


def build_payload(subscription: Subscription, facts: Facts) -> str:
    """The JSON text for a subscription's clients; facts that make no sense count as missing."""
    topic = TOPICS[subscription.endpoint]
    try:
        return encode(topic.build(subscription, facts))
    except Exception:
        logger.exception("Nonsense among the facts for %s", subscription.endpoint)
        return encode(topic.build(subscription, Facts(facts.now)))


async def publish(layer: BaseChannelLayer, snapshots: Iterable[Snapshot]) -> None:
    """Send each snapshot to its group."""
    for snapshot in snapshots:
        await layer.group_send(snapshot.subscription.group, payload_event(snapshot))


def payload_event(snapshot: Snapshot) -> dict[str, object]:
    """The channel-layer message that carries a snapshot."""
    return {
        "type": "stream.payload",
        "group": snapshot.subscription.group,
        "payload": snapshot.payload,
        "made_at": snapshot.made_at,
    }


def utc_now() -> datetime:
    """The clock as entry points read it."""
    return datetime.now(UTC)


def build_refresher(provider_name: str, interval_seconds: float, **options: str) -> Refresher:
    """A refresher of one process that shares nothing; `options` are the provider's."""
    keep_seconds = KEEP_TICKS * interval_seconds
    return Refresher(
        Fetcher(build_provider(provider_name, **options), MemoryRecentQuotes(keep_seconds)),
        MemorySnapshots(keep_seconds),
        MemoryRegistry(LEASE_TICKS * interval_seconds),
        interval_seconds,
    )
