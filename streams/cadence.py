"""Cadence: something every N seconds, without drift; a late tick is dropped, not made up for."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from contextvars import Context

logger = logging.getLogger(__name__)


class Cadence:
    """Calls `tick` every `interval_seconds` after `start`, until `tick` returns False.

    `observe` is told by how many seconds each tick began late: for as long the event loop was busy.
    """

    def __init__(
        self,
        interval_seconds: float,
        tick: Callable[[], Awaitable[bool]],
        observe: Callable[[float], None] | None = None,
    ) -> None:
        self._interval_seconds = interval_seconds
        self._tick = tick
        self._observe = observe
        self._task: asyncio.Task[None] | None = None
        self._is_failing = False

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begin, unless it runs already: the first tick comes one interval from now."""
        if not self.is_running:
            # In no context: who came first did not ask for all the ticks.
            self._task = asyncio.get_running_loop().create_task(self._run(), context=Context())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        started_at = loop.time()
        goes_on = True
        while goes_on:
            # Counted from the start, so that what one tick is late by is not handed on.
            ticks = math.floor((loop.time() - started_at) / self._interval_seconds) + 1
            planned_at = started_at + ticks * self._interval_seconds
            await asyncio.sleep(planned_at - loop.time())
            if self._observe:
                self._observe(max(0.0, loop.time() - planned_at))
            goes_on = await self._tick_safely()

    async def _tick_safely(self) -> bool:
        try:
            goes_on = await self._tick()
        except Exception:
            if not self._is_failing:
                logger.exception("A tick failed; the next ones go on")
            self._is_failing = True
            return True
        self._is_failing = False
        return goes_on
