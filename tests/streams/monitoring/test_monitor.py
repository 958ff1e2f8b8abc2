"""The monitor of a process: its canary lives and dies with delivery, its report is true."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from marketdata.errors import ProviderUnavailable
from marketdata.health import UpstreamHealth
from streams.counts import Counts
from streams.feed import Feed
from streams.fetching import Fetcher
from streams.layers import Message, StreamsChannelLayer
from streams.monitoring.monitor import Monitor
from streams.monitoring.subject import Subject
from streams.refresh import Refresher
from streams.state import memory_state
from streams.subscriptions import Endpoint, Subscription
from tests.fake_provider import FakeProvider, raising
from tests.streams.monitoring.reports import UPSTREAM

TICK = 0.2
AAPL = Subscription(Endpoint.QUOTES, ("AAPL",))


class LosingLayer(StreamsChannelLayer):
    """Loses every message while it is told to."""

    is_losing = False

    def deliver(self, group: str, message: Message) -> None:
        if not self.is_losing:
            super().deliver(group, message)


class Process:
    """The parts of a web process, without its server."""

    def __init__(self, get_upstream: Callable[[], UpstreamHealth | None] = lambda: None) -> None:
        self.provider = FakeProvider()
        self.layer = LosingLayer()
        self.counts = Counts(Endpoint)
        state = memory_state(TICK)
        refresher = Refresher(Fetcher(self.provider, state.quotes, self.counts), state, TICK)
        self.feed = Feed(refresher, self.layer, TICK, is_shared=False, counts=self.counts)
        subject = Subject(
            process="host:1",
            kind="web",
            tick_seconds=TICK,
            provider=self.provider,
            is_shared=False,
            counts=self.counts,
            layer=self.layer,
            source=refresher.watch,
            get_upstream=get_upstream,
            feed=self.feed,
        )
        self.monitor = Monitor(subject)

    async def until(self, is_right: Callable[[], Any]) -> None:
        for _ in range(1000):
            if is_right():
                return
            await asyncio.sleep(0.01)
        pytest.fail("it did not come to that in ten seconds")

    async def until_ready(self, *, is_ready: bool = True) -> list[str]:
        await self.until(lambda: self.monitor.get_readiness().ready == is_ready)
        return self.monitor.get_readiness().reasons

    async def stop(self) -> None:
        self.monitor.stop()
        await self.feed.close()


@pytest.fixture
async def process() -> AsyncIterator[Process]:
    process = Process()
    process.monitor.start()
    yield process
    await process.stop()


async def test_before_it_has_delivered_anything_a_process_is_not_ready() -> None:
    process = Process()
    reasons = process.monitor.get_readiness().reasons
    assert reasons == [
        "refresh: nobody refreshes, not once yet",
        "layer: the channel layer brings nothing, not once yet",
        "outbox: nothing leaves the outbox, not once yet",
    ]


async def test_the_canary_gets_its_data_without_a_client_and_without_a_call(
    process: Process,
) -> None:
    await process.until_ready()
    await process.until(lambda: process.counts.ticks["local"].numbers[0] > 2)
    assert process.monitor.get_readiness().ready
    assert not process.provider.calls


async def test_when_the_layer_loses_messages_it_is_unready_until_it_does_no_more(
    process: Process,
) -> None:
    await process.until_ready()
    process.layer.is_losing = True
    lost_at = time.monotonic()
    reasons = await process.until_ready(is_ready=False)
    assert time.monotonic() - lost_at < 5
    assert {reason.partition(":")[0] for reason in reasons} == {"layer", "outbox"}
    process.layer.is_losing = False
    assert await process.until_ready() == []


async def test_when_the_ticks_stop_it_is_unready(process: Process) -> None:
    await process.until_ready()
    await process.feed.close()
    reasons = await process.until_ready(is_ready=False)
    assert reasons[0].startswith("refresh: nobody refreshes, since")


async def test_a_source_that_fails_is_no_reason_to_be_unready(process: Process) -> None:
    process.provider.faults["fetch_quotes"] = raising(ProviderUnavailable("no answer"))
    channel = await process.layer.new_channel()
    await process.feed.join(AAPL, channel)
    await process.until(lambda: process.counts.fetches["quotes", "ProviderUnavailable"] > 1)
    assert process.monitor.get_report().source.kinds["quotes"].state == "down"
    await process.until_ready()
    report = process.monitor.get_report()
    assert report.canary
    assert report.canary.age_seconds is not None
    await process.feed.leave(AAPL, channel)


async def test_the_report_has_listeners_ages_and_sizes_and_the_canary_is_no_listener(
    process: Process,
) -> None:
    await process.until_ready()
    assert process.monitor.get_report().streams == ()
    channels = [await process.layer.new_channel() for _ in range(2)]
    for channel in channels:
        await process.feed.join(AAPL, channel)
    await process.until(lambda: process.monitor.get_report().streams[0].source == "local")
    report = process.monitor.get_report()
    [stream] = report.streams
    assert (stream.endpoint, stream.symbols, stream.listeners) == ("quotes", "AAPL", 2)
    assert stream.group == AAPL.group
    assert 0 <= stream.age_seconds == report.oldest_ages["quotes"] < 10
    assert stream.payload_bytes > 50
    assert report.refreshed_by == "this process, for its own clients"
    assert report.subscriptions == 1
    for channel in channels:
        await process.feed.leave(AAPL, channel)
    assert process.monitor.get_report().streams == ()


async def test_a_real_listener_of_the_canarys_subscription_is_counted(process: Process) -> None:
    await process.until_ready()
    hours = Subscription(Endpoint.HOURS)
    channel = await process.layer.new_channel()
    await process.feed.join(hours, channel)
    assert [stream.listeners for stream in process.monitor.get_report().streams] == [1]
    await process.feed.leave(hours, channel)


async def test_a_source_whose_health_hangs_holds_nothing_up() -> None:
    answers: list[UpstreamHealth | None] = [UPSTREAM]

    def get_upstream() -> UpstreamHealth | None:
        if answers:
            return answers.pop()
        raise ProviderUnavailable("not now")

    process = Process(get_upstream)
    process.monitor.start()
    await process.until(lambda: process.monitor.get_report().upstream is not None)
    assert process.monitor.get_report().upstream == UPSTREAM
    await process.until_ready()
    await process.stop()


async def test_without_redis_there_are_no_others(process: Process) -> None:
    reports, is_complete = await process.monitor.get_all()
    assert ([report.process for report in reports], is_complete) == (["host:1"], True)
