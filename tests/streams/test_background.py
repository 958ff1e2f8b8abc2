"""The background loop: coroutines for other threads, their errors and their limits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from streams.background import BackgroundLoop


@pytest.fixture
def background() -> Iterator[BackgroundLoop]:
    background = BackgroundLoop("test")
    yield background
    background.close()


def test_a_coroutine_runs_in_the_other_thread_and_its_result_comes_back(
    background: BackgroundLoop,
) -> None:
    async def where() -> int:
        return threading.get_ident()

    first = background.run(where(), 5)
    assert first != threading.get_ident()
    assert background.run(where(), 5) == first


def test_what_it_raises_is_raised_here(background: BackgroundLoop) -> None:
    async def fail() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        background.run(fail(), 5)


def test_a_coroutine_that_takes_too_long_is_cancelled(background: BackgroundLoop) -> None:
    cancelled = threading.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(TimeoutError):
        background.run(hang(), 0.05)
    assert cancelled.wait(30)
