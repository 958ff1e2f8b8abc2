"""Feeds of a cluster: one refreshes for all, whoever dies, and each for its own without Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import uuid4

import pytest

from streams.claims import CELERY, LOCAL, TAKEOVER, Claimant
from streams.feed import Feed
from streams.fetching import Fetcher
from streams.layers import StreamsChannelLayer
from streams.refresh import Refresher, publish
from streams.shared_state import SharedState
from streams.state import redis_state
from streams.subscriptions import Endpoint, Subscription
from tests.fake_provider import FakeProvider
from tests.redis_server import RedisServer

TICK = 0.3
# Where who is a quarter of a tick late would be taken for gone, or a tick must not end.
SLOW_TICK, LONG_TICK = 1.5, 20.0
# More than a busy machine keeps Redis waiting.
TIMEOUT_SECONDS = 1.5
PATIENCE_SECONDS = 30.0
AAPL = Subscription(Endpoint.QUOTES, ("AAPL",))
MSFT = Subscription(Endpoint.QUOTES, ("MSFT",))
HOURS = Subscription(Endpoint.HOURS)


WORKER = "the Celery worker"
THIS, OTHER = "this process, for the whole cluster", "another web process, for the whole cluster"
ALONE = "this process, for its own clients"


class WebProcess:
    """What a web process has, on the test's own event loop; `provider` is the cluster's."""

    def __init__(self, url: str, prefix: str, provider: FakeProvider, tick: float) -> None:
        self.tick = tick
        timeouts = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), TIMEOUT_SECONDS)
        self.layer = StreamsChannelLayer(hosts=[{"address": url, **timeouts}], prefix=prefix)
        shared = SharedState(self.layer, TIMEOUT_SECONDS)
        shared.bind(asyncio.get_running_loop())
        state = redis_state(shared, prefix, tick)
        self.registry = state.registry
        self.refresher = Refresher(Fetcher(provider, state.quotes), state, tick)
        self.feed = Feed(self.refresher, self.layer, tick, is_shared=True)

    async def listen(self, subscription: Subscription) -> Listener:
        listener = Listener(self, await self.layer.new_channel())
        await self.feed.join(subscription, listener.channel)
        await self.layer.settle()
        return listener

    async def close(self) -> None:
        await self.feed.close()
        await self.layer.close()


class Listener:
    def __init__(self, process: WebProcess, channel: str) -> None:
        self.process = process
        self.channel = channel

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.process.layer.receive(self.channel)

    async def until(self, source: str) -> dict[str, Any]:
        """The first event from this source; what came before it is dropped."""
        while (event := await self.next())["source"] != source:
            pass
        return event

    async def take(self, count: int) -> list[dict[str, Any]]:
        return [await self.next() for _ in range(count)]


def assert_at_most_one_a_tick(events: list[dict[str, Any]]) -> None:
    """A busy machine makes them fewer, and one may come a tick late; twice as many are wrong."""
    moments = sorted({event["made_at"] for event in events})
    assert len(moments) - 1 <= (moments[-1] - moments[0]) / TICK + 2


class Start(Protocol):
    def __call__(self, tick: float = TICK) -> Awaitable[WebProcess]: ...


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


@pytest.fixture
async def start(own_server: RedisServer, provider: FakeProvider) -> AsyncIterator[Start]:
    """Starts a web process of one cluster."""
    own_server.start()
    prefix = f"test-{uuid4().hex[:8]}"
    async with AsyncExitStack() as processes:

        async def start(tick: float = TICK) -> WebProcess:
            process = WebProcess(own_server.url, prefix, provider, tick)
            processes.push_async_callback(process.close)
            return process

        yield start


@asynccontextmanager
async def worker(process: WebProcess) -> AsyncIterator[None]:
    """A Celery worker and beat: they refresh every half tick, as if told twice each time.

    So one that is half a tick late is not taken for gone.
    """
    claimant = Claimant(CELERY, uuid4().hex)

    async def work() -> None:
        while True:
            _, snapshots = await asyncio.to_thread(
                process.refresher.lead, {0}, (), claimant, datetime.now(UTC)
            )
            await publish(process.layer, snapshots, claimant)
            await asyncio.sleep(process.tick / 2)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Who refreshes, in alphabetical order: one line for each change in each process."""
    lines = [r.getMessage() for r in caplog.records if r.name == "streams.sources"]
    return sorted(line.removeprefix("Data is refreshed by ") for line in lines)


async def test_when_nobody_refreshes_one_process_does_for_all(
    start: Start, provider: FakeProvider
) -> None:
    listeners = [await (await start()).listen(AAPL) for _ in range(2)]
    await asyncio.gather(*(listener.until(TAKEOVER) for listener in listeners))
    calls = provider.calls["fetch_quotes"]
    seen = await asyncio.gather(*(listener.take(6) for listener in listeners))
    made = provider.calls["fetch_quotes"] - calls
    led = [{e["made_at"]: e for e in events if e["source"] == TAKEOVER} for events in seen]
    assert len(led[0].keys() & led[1].keys()) >= 3
    for made_at in led[0].keys() & led[1].keys():
        assert led[0][made_at] == led[1][made_at]
    assert_at_most_one_a_tick([*led[0].values(), *led[1].values()])
    assert made <= len({event["made_at"] for events in seen for event in events}) + 2


async def test_when_the_leading_process_dies_another_goes_on(start: Start) -> None:
    listeners = [await (await start()).listen(AAPL) for _ in range(2)]
    heard = await asyncio.gather(*(listener.until(TAKEOVER) for listener in listeners))
    first, second = listeners
    if first.process.feed._me != heard[0]["by"]:
        first, second = second, first
    await first.process.close()
    while (await second.until(TAKEOVER))["by"] != second.process.feed._me:
        pass


async def test_when_a_worker_appears_all_fall_silent_and_step_in_when_it_is_gone(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="streams.sources")
    listeners = [await (await start(SLOW_TICK)).listen(AAPL) for _ in range(2)]
    await asyncio.gather(*(listener.until(TAKEOVER) for listener in listeners))
    async with worker(await start(SLOW_TICK)):
        await asyncio.gather(*(listener.until(CELERY) for listener in listeners))
        await asyncio.gather(*(listener.take(1) for listener in listeners))
        for events in await asyncio.gather(*(listener.take(5) for listener in listeners)):
            assert {event["source"] for event in events} == {CELERY}
            assert len({event["made_at"] for event in events}) == len(events)
    await asyncio.gather(*(listener.until(TAKEOVER) for listener in listeners))
    assert set(said(caplog)) == {THIS, OTHER, WORKER}
    assert said(caplog).count(WORKER) == 2


@pytest.mark.parametrize("fault", [RedisServer.kill, RedisServer.pause])
async def test_without_redis_each_serves_its_own_and_with_it_one_leads_again(
    start: Start,
    own_server: RedisServer,
    fault: Callable[[RedisServer], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="streams.sources")
    listeners = [await (await start()).listen(AAPL) for _ in range(2)]
    await asyncio.gather(*(listener.until(TAKEOVER) for listener in listeners))
    fault(own_server)
    fault_at = time.monotonic()
    for listener in listeners:
        assert (await listener.until(LOCAL))["by"] == listener.process.feed._me
    assert time.monotonic() - fault_at < 2.5 * TICK + TIMEOUT_SECONDS + 5
    for events in await asyncio.gather(*(listener.take(3) for listener in listeners)):
        assert {event["source"] for event in events} == {LOCAL}
    own_server.resume() if fault is RedisServer.pause else own_server.start()
    await asyncio.gather(*(listener.until(TAKEOVER) for listener in listeners))
    first, second = await asyncio.gather(*(listener.take(5) for listener in listeners))
    authors = {event["made_at"]: event["by"] for event in first}
    assert any(authors.get(event["made_at"]) == event["by"] for event in second)
    assert set(said(caplog)) == {THIS, OTHER, ALONE}
    assert said(caplog).count(ALONE) == 2


async def test_a_full_redis_makes_each_serve_its_own_every_tick_once(
    start: Start, own_server: RedisServer
) -> None:
    """PUBLISH still works then: what is refreshed for one process must not reach the others."""
    one, other = await start(), await start()
    listeners = [await one.listen(AAPL), await other.listen(AAPL), await other.listen(MSFT)]
    await asyncio.gather(*(listener.until(TAKEOVER) for listener in listeners))
    own_server.command("CONFIG", "SET", "maxmemory", "1")
    await asyncio.gather(*(listener.until(LOCAL) for listener in listeners))
    seen = await asyncio.gather(*(listener.take(6) for listener in listeners))
    for listener, events in zip(listeners, seen, strict=True):
        assert {event["by"] for event in events} == {listener.process.feed._me}
        assert_at_most_one_a_tick(events)


async def test_a_newcomer_gets_what_another_process_has_refreshed(
    start: Start, provider: FakeProvider
) -> None:
    one, other = await start(4.0), await start(4.0)
    listener = await one.listen(AAPL)
    async with worker(await start(4.0)):
        event = await listener.until(CELERY)
        calls = provider.calls["fetch_quotes"]
        await other.listen(AAPL)
        assert (await other.feed.first(AAPL)).made_at >= event["made_at"]
        assert provider.calls["fetch_quotes"] - calls <= 1, "the worker's next tick at most"


async def test_what_nobody_has_is_fetched_by_one_process_for_all(
    start: Start, provider: FakeProvider
) -> None:
    def answer_slowly() -> Any:
        time.sleep(TICK / 3)
        return FakeProvider().fetch_quotes(["AAPL"], datetime.now(UTC), None)  # type: ignore[arg-type]

    provider.faults["fetch_quotes"] = answer_slowly
    processes = [await start(LONG_TICK) for _ in range(3)]
    for process in processes:
        await process.listen(AAPL)
    snapshots = await asyncio.gather(*(process.feed.first(AAPL) for process in processes))
    assert len({snapshot.payload for snapshot in snapshots}) == 1
    assert provider.calls["fetch_quotes"] == 1


async def test_listeners_whose_messages_get_lost_are_helped(start: Start) -> None:
    process = await start()
    listener = await process.listen(AAPL)
    await process.listen(MSFT)
    async with worker(await start()):
        await listener.until(CELERY)
        process.layer._here()._bus.unwant(process.layer._here()._name_of(AAPL.group))  # type: ignore[union-attr]
        await listener.until("help")
        helped = await listener.take(2)
        assert {event["source"] for event in helped} == {"help"}


async def test_leases_are_renewed_every_tick_however_long_a_refresh_takes(
    start: Start, provider: FakeProvider
) -> None:
    provider.faults["fetch_quotes"] = lambda: time.sleep(2 * SLOW_TICK)
    one, other = await start(SLOW_TICK), await start(SLOW_TICK)
    listener = await one.listen(AAPL)
    await listener.until(TAKEOVER)
    for _ in range(8):
        await asyncio.sleep(SLOW_TICK / 2)
        assert AAPL in await asyncio.to_thread(other.registry.active, time.time())
