"""The ticker's cadence: no drift, late ticks dropped, errors survived, silent when told to."""

from __future__ import annotations

import asyncio
import time

import pytest

from streams.cadence import Cadence
from streams.request_ids import REQUEST_ID


class ClockLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        scheduled = self._scheduled  # type: ignore[attr-defined]
        if not self._ready and scheduled:  # type: ignore[attr-defined]
            self.now = max(self.now, scheduled[0].when())
        super()._run_once()  # type: ignore[misc]


class Ticks:
    """Records when ticks begin; each takes as long as `durations` says."""

    def __init__(self, count: int, durations: dict[int, float] | None = None) -> None:
        self.count = count
        self.durations = durations or {}
        self.began_at: list[float] = []
        self.ended = asyncio.Event()

    async def __call__(self) -> bool:
        number = len(self.began_at)
        self.began_at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.durations.get(number, 0.01))
        if len(self.began_at) < self.count:
            return True
        self.ended.set()
        return False


def run(cadence_ticks: Ticks) -> list[float]:
    async def until_silent() -> None:
        cadence = Cadence(5.0, cadence_ticks)
        cadence.start()
        await cadence_ticks.ended.wait()
        await asyncio.sleep(10.0)
        assert not cadence.is_running

    loop = ClockLoop()
    try:
        loop.run_until_complete(until_silent())
    finally:
        loop.close()
    return cadence_ticks.began_at


def test_sixty_ticks_take_three_hundred_seconds() -> None:
    began_at = run(Ticks(60, durations={n: 0.3 * (n % 3) for n in range(60)}))
    assert began_at == pytest.approx([5.0 * n for n in range(1, 61)], abs=0.001)


def test_a_tick_that_takes_too_long_drops_those_it_overran() -> None:
    began_at = run(Ticks(4, durations={1: 12.0}))
    assert began_at == pytest.approx([5.0, 10.0, 25.0, 30.0], abs=0.001)


def test_a_tick_that_fails_is_said_once_and_the_next_ones_come(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Failing(Ticks):
        async def __call__(self) -> bool:
            goes_on = await super().__call__()
            if len(self.began_at) in (2, 3):
                raise RuntimeError("a bug")
            return goes_on

    assert len(run(Failing(5))) == 5
    assert [record.message for record in caplog.records] == ["A tick failed; the next ones go on"]


async def test_it_can_be_stopped_and_started_again() -> None:
    ticked = asyncio.Event()

    async def tick() -> bool:
        ticked.set()
        return True

    cadence = Cadence(0.01, tick)
    for _ in range(2):
        cadence.start()
        cadence.start()
        await asyncio.wait_for(ticked.wait(), 30)
        cadence.stop()
        ticked.clear()
    assert not cadence.is_running


async def test_ticks_are_in_nobodys_context() -> None:
    """Else each line that a tick logs would name the request that happened to start it."""
    seen: list[str] = []

    async def tick() -> bool:
        seen.append(REQUEST_ID.get())
        return False

    REQUEST_ID.set("who-came-first")
    cadence = Cadence(0.001, tick)
    cadence.start()
    while cadence.is_running:  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.001)
    assert seen == [""]


async def test_it_tells_by_how_much_its_ticks_are_late() -> None:
    late: list[float] = []

    async def tick() -> bool:
        return len(late) < 2

    cadence = Cadence(0.01, tick, late.append)
    cadence.start()
    await asyncio.sleep(0)
    time.sleep(0.05)  # noqa: ASYNC251 - a busy event loop is the point
    while cadence.is_running:  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.001)
    assert late[0] >= 0.03
    assert len(late) == 2
