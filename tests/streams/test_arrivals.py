"""Newcomers wait together: one fetch for the same subscription, one batch for a few of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from streams.arrivals import MAX_BATCHES, Arrivals
from streams.snapshots import Snapshot
from streams.subscriptions import Endpoint, Subscription


def quotes(*symbols: str) -> Subscription:
    return Subscription(Endpoint.QUOTES, symbols)


class Source:
    """Records the batches it is asked for and answers when it may."""

    def __init__(self) -> None:
        self.batches: list[list[Subscription]] = []
        self.asked = asyncio.Condition()
        self.may_answer = asyncio.Event()
        self.error: Exception | None = None

    async def fetch(self, subscriptions: Sequence[Subscription]) -> Sequence[Snapshot]:
        async with self.asked:
            self.batches.append(list(subscriptions))
            self.asked.notify_all()
        await self.may_answer.wait()
        if self.error:
            raise self.error
        return [Snapshot(s, s.key, 1.0) for s in subscriptions]

    async def wait_for_batches(self, count: int) -> None:
        async with self.asked:
            await self.asked.wait_for(lambda: len(self.batches) >= count)


async def test_a_thousand_clients_of_one_subscription_cost_one_fetch() -> None:
    source = Source()
    source.may_answer.set()
    arrivals = Arrivals(source.fetch)
    snapshots = await asyncio.gather(*(arrivals.get(quotes("AAPL")) for _ in range(1000)))
    assert {snapshot.payload for snapshot in snapshots} == {"quotes:AAPL"}
    assert source.batches == [[quotes("AAPL")]]


async def test_subscriptions_that_arrive_together_share_a_batch() -> None:
    source = Source()
    source.may_answer.set()
    arrivals = Arrivals(source.fetch)
    wanted = [quotes(f"SIM{n:04}") for n in range(100)]
    snapshots = await asyncio.gather(*(arrivals.get(subscription) for subscription in wanted))
    assert [snapshot.subscription for snapshot in snapshots] == wanted
    assert source.batches == [wanted]


async def test_a_slow_batch_does_not_hold_up_the_next_and_there_is_a_bound() -> None:
    source = Source()
    arrivals = Arrivals(source.fetch)
    waiting = []
    for n in range(MAX_BATCHES):
        waiting.append(asyncio.create_task(arrivals.get(quotes(f"A{n}"))))
        await source.wait_for_batches(n + 1)
    waiting += [asyncio.create_task(arrivals.get(quotes(f"B{n}"))) for n in range(10)]
    source.may_answer.set()
    await asyncio.gather(*waiting)
    assert len(source.batches) == MAX_BATCHES + 1
    assert source.batches[-1] == [quotes(f"B{n}") for n in range(10)]


async def test_a_client_that_leaves_does_not_take_the_answer_from_the_others() -> None:
    source = Source()
    arrivals = Arrivals(source.fetch)
    leaver = asyncio.create_task(arrivals.get(quotes("AAPL")))
    stayer = asyncio.create_task(arrivals.get(quotes("AAPL")))
    await source.wait_for_batches(1)
    leaver.cancel()
    source.may_answer.set()
    assert (await stayer).payload == "quotes:AAPL"


async def test_a_failure_reaches_everybody_who_waits_and_the_next_ask_is_new() -> None:
    source = Source()
    source.error = RuntimeError("a bug")
    source.may_answer.set()
    arrivals = Arrivals(source.fetch)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="a bug"):
            await arrivals.get(quotes("AAPL"))
    assert len(source.batches) == 2


@pytest.mark.parametrize("seconds", [0.0, 0.001])
async def test_after_a_batch_that_was_cancelled_the_next_ask_is_new(seconds: float) -> None:
    source = Source()
    source.may_answer.set()
    arrivals = Arrivals(source.fetch)
    waiting = asyncio.create_task(arrivals.get(quotes("AAPL")))
    await asyncio.sleep(seconds)
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert waiting.cancelled()
    assert (await arrivals.get(quotes("AAPL"))).payload == "quotes:AAPL"
