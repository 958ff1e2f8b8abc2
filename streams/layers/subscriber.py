"""The way in from one Redis server: one connection, subscriptions kept as wanted, reconnecting.

A session is one connection. In it one task reads, and one writes: it brings the server's
subscriptions in line with the wanted ones, confirms that with a PING, and pings a silent
server now and then. A session ends with the first error; the next one starts from nothing.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import Context
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from .connection import REDIS_ERRORS, ServerSilent, timeout_after
from .health import RETRY_SECONDS, LinkHealth

logger = logging.getLogger(__name__)

FIRST_BACKOFF_SECONDS = 0.05
STABLE_SECONDS = 5.0
# A beat that comes so late says that the process stood still, and that old messages wait.
BEAT_SECONDS = 0.25
STANDSTILL_SECONDS = 0.75

Receive = Callable[[bytes], None]


class Subscriber:
    """Keeps `wanted` subscribed on one server; hands each message's bytes to its receiver.

    Starts with the first wanted name. `probe()` is awaited after a failure to publish, until
    the health says that publishing works. `hold()` is called when the process has stood still,
    before anything that waited meanwhile is received, and `release()` after all of it was.
    """

    def __init__(
        self,
        redis: Redis,
        timeout: float,
        health: LinkHealth,
        probe: Callable[[], Awaitable[None]],
        ping_seconds: float,
        hold: Callable[[], None] = lambda: None,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        self.wanted: dict[bytes, Receive] = {}
        self._redis = redis
        self._health = health
        self._probe = probe
        self._ping_seconds = ping_seconds
        self._timeout = timeout
        self._task: asyncio.Task[None] | None = None
        self._subscribed: set[bytes] = set()
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._ponged = asyncio.Event()
        self._pings = 0
        self._heard = 0
        self._backoff = FIRST_BACKOFF_SECONDS
        self._hold = hold
        self._release = release
        # While held: the ping whose answer comes after all that waited.
        self._held_until: int | None = None
        self._beat_handle: asyncio.TimerHandle | None = None

    def want(self, name: str, receive: Receive) -> None:
        """Subscribe to `name` soon; never waits."""
        self.wanted[name.encode()] = receive
        self._changed()
        self.start()

    def unwant(self, name: str) -> None:
        """Unsubscribe from `name` soon; never waits."""
        self.wanted.pop(name.encode(), None)
        self._changed()

    def start(self) -> None:
        """Begin to connect, if that has not begun yet; never waits."""
        if self._task is None:
            self._health.keepers += 1
            # In no context: it outlives whoever happened to be the first to want something.
            self._task = asyncio.create_task(
                self._run(), name="channel layer subscriber", context=Context()
            )

    def check(self) -> None:
        """See now whether the server answers, instead of at the next ping."""
        self._wake.set()

    async def settle(self) -> None:
        """Wait until the server has confirmed the subscriptions wanted at this moment."""
        if self._task is not None:
            await self._settled.wait()

    async def stop(self) -> None:
        """End the session; nothing is wanted any more. May be started again."""
        self.wanted.clear()
        if self._task is None:
            return
        await _end([self._task])
        self._task = None
        self._health.keepers -= 1
        self._settled.set()

    def _changed(self) -> None:
        self._health.subscriptions = len(self.wanted)
        self._settled.clear()
        self._wake.set()

    async def _run(self) -> None:
        while True:
            try:
                await self._session()
            except REDIS_ERRORS as error:
                self._health.lost("subscribe", error)
            except Exception as error:
                logger.exception("The subscription to Redis %s failed", self._health.server)
                self._health.lost("subscribe", error)
            self._settled.clear()
            await asyncio.sleep(self._backoff * random.uniform(0.5, 1))
            self._backoff = min(self._backoff * 2, RETRY_SECONDS)

    async def _session(self) -> None:
        pubsub = self._redis.pubsub()
        self._subscribed = set()
        try:
            async with timeout_after(self._timeout):
                await pubsub.connect()  # type: ignore[no-untyped-call]
            self._beat(None)
            await _run_until_one_ends(self._read(pubsub), self._write(pubsub))
        finally:
            self._stop_beating()
            with contextlib.suppress(*REDIS_ERRORS):
                await pubsub.aclose()  # type: ignore[no-untyped-call]

    async def _write(self, pubsub: PubSub) -> None:
        opened_at = asyncio.get_running_loop().time()
        while True:
            self._wake.clear()
            async with timeout_after(self._timeout):
                await self._send_changes(pubsub)
                await self._send_ping(pubsub)
            await self._hear_pong()
            if not self._wake.is_set():
                self._settled.set()
            self._health.restored("subscribe")
            if self._health.publish_failed:
                await self._probe()
            if asyncio.get_running_loop().time() - opened_at > STABLE_SECONDS:
                self._backoff = FIRST_BACKOFF_SECONDS
            await self._rest()

    async def _send_changes(self, pubsub: PubSub) -> None:
        wanted = self.wanted.keys()
        new, old = wanted - self._subscribed, self._subscribed - wanted
        self._subscribed = set(wanted)
        if new:
            await pubsub.subscribe(*new)
        if old:
            await pubsub.unsubscribe(*old)

    async def _send_ping(self, pubsub: PubSub) -> None:
        self._pings += 1
        self._ponged.clear()
        await pubsub.ping(str(self._pings))

    async def _hear_pong(self) -> None:
        """Wait for the answer to the last PING: all that was sent before it is in effect then.

        Two silent halves of the timeout, not one whole: after a stall of our own event loop
        the timer comes first, though the answer is there to be read.
        """
        silent = 0
        while silent < 2:
            heard = self._heard
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timeout / 2):
                    await self._ponged.wait()
                return
            silent = silent + 1 if heard == self._heard else 0
        raise ServerSilent(f"no answer in {self._timeout:g} s")

    async def _rest(self) -> None:
        seconds = RETRY_SECONDS if self._health.publish_failed else self._ping_seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _read(self, pubsub: PubSub) -> None:
        while True:
            message = await pubsub.get_message(timeout=None)
            self._heard += 1
            if message is None:
                continue
            if message["type"] == "message":
                self._receive(message)
                # A burst is in the buffer already: let what it caused be sent in between.
                await asyncio.sleep(0)
            elif message["type"] == "pong" and message["data"] == b"%d" % self._pings:
                self._ponged.set()
                self._caught_up()

    def _beat(self, planned_at: float | None) -> None:
        # A timer, not a task: it runs before the task that reads is woken.
        loop = asyncio.get_running_loop()
        now = loop.time()
        if planned_at is not None and now - planned_at > STANDSTILL_SECONDS:
            if self._held_until is None:
                self._hold()
            self._held_until = self._pings + 1
            self._wake.set()
        planned_at = now + BEAT_SECONDS
        self._beat_handle = loop.call_at(planned_at, self._beat, planned_at)

    def _stop_beating(self) -> None:
        if self._beat_handle is not None:
            self._beat_handle.cancel()
        if self._held_until is not None:
            self._held_until = None
            self._release()

    def _caught_up(self) -> None:
        if self._held_until is not None and self._pings >= self._held_until:
            self._held_until = None
            self._release()

    def _receive(self, message: dict[str, Any]) -> None:
        receive = self.wanted.get(message["channel"])
        if receive is not None:
            receive(message["data"])


async def _run_until_one_ends(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends, then cancel the others; raises what ended it.

    Not a TaskGroup: one that fails while it is cancelled swallows the cancellation.
    """
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _end(tasks)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel all and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
