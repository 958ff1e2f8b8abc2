"""First data: new subscriptions are fetched at once, together, and each only once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context

from streams.snapshots import Snapshot
from streams.subscriptions import Subscription

# Long enough for clients that connect together to share a batch, too short to be noticed.
COALESCE_SECONDS = 0.005
# A batch that waits for a slow source must not hold up the arrivals after it.
MAX_BATCHES = 4

Fetch = Callable[[Sequence[Subscription]], Awaitable[Sequence[Snapshot]]]
Batch = asyncio.Task[dict[Subscription, Snapshot]]


class Arrivals:
    """Joins clients that wait for the same subscription, and subscriptions that arrive together."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._slots = asyncio.Semaphore(MAX_BATCHES)
        self._batches: dict[Subscription, Batch] = {}
        self._open: tuple[Batch, list[Subscription]] | None = None

    async def get(self, subscription: Subscription) -> Snapshot:
        """The subscription's first snapshot. Raises what the fetch raised."""
        batch = self._batches.get(subscription) or self._join_open_batch(subscription)
        # A client that leaves must not take the others' answer with it.
        return (await asyncio.shield(batch))[subscription]

    def _join_open_batch(self, subscription: Subscription) -> Batch:
        if self._open is None:
            subscriptions: list[Subscription] = []
            batch = asyncio.create_task(self._run(subscriptions), context=Context())
            # Not in the task itself, which may be cancelled before it begins.
            batch.add_done_callback(lambda _: self._forget(subscriptions))
            self._open = batch, subscriptions
        batch, subscriptions = self._open
        subscriptions.append(subscription)
        self._batches[subscription] = batch
        return batch

    async def _run(self, subscriptions: list[Subscription]) -> dict[Subscription, Snapshot]:
        async with self._slots:
            await asyncio.sleep(COALESCE_SECONDS)
            self._open = None  # who comes now belongs to the next batch
            snapshots = await self._fetch(subscriptions)
        return {snapshot.subscription: snapshot for snapshot in snapshots}

    def _forget(self, subscriptions: list[Subscription]) -> None:
        if self._open and self._open[1] is subscriptions:
            self._open = None
        for subscription in subscriptions:
            del self._batches[subscription]
