"""The executor: its bound, its futures, and that it never holds up the end of the process."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import NoReturn

import pytest

from marketdata.executors import DaemonExecutor

SECONDS = 10  # how long a test waits for what must happen at once


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What hanging calls wait for; opened after the test, so that no thread is left behind."""
    opened = threading.Event()
    yield opened
    opened.set()


def hang(executor: DaemonExecutor, gate: threading.Event) -> Future[bool]:
    """A call that has begun and lasts until the gate opens."""
    begun = threading.Event()

    def call() -> bool:
        begun.set()
        return gate.wait(SECONDS)

    future = executor.submit(call)
    assert begun.wait(SECONDS)
    return future


def threads_named(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(f"{name}-")]


def test_arguments_go_in_and_the_result_comes_out() -> None:
    executor = DaemonExecutor(1, "results")
    assert executor.submit(divmod, 17, 5).result(SECONDS) == (3, 2)
    assert executor.submit(int, "ff", base=16).result(SECONDS) == 255


def test_threads_are_daemons_started_when_first_needed() -> None:
    executor = DaemonExecutor(4, "lazy")
    assert threads_named("lazy") == []
    executor.submit(int).result(SECONDS)
    assert [thread.daemon for thread in threads_named("lazy")] == [True]


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()])
def test_an_exception_reaches_the_future_and_the_thread_lives_on(error: BaseException) -> None:
    def fail() -> NoReturn:
        raise error

    executor = DaemonExecutor(1, "errors")
    assert executor.submit(fail).exception(SECONDS) is error
    assert executor.submit(int).result(SECONDS) == 0


def test_no_more_threads_than_allowed_run_at_once(gate: threading.Event) -> None:
    executor = DaemonExecutor(3, "bound")
    running = [hang(executor, gate) for _ in range(3)]
    queued = [executor.submit(threading.get_ident) for _ in range(20)]
    assert len(threads_named("bound")) == 3
    assert not any(future.running() or future.done() for future in queued)
    gate.set()
    assert all(future.result(SECONDS) for future in running)
    assert {future.result(SECONDS) for future in queued} <= {
        thread.ident for thread in threads_named("bound")
    }
    assert len(threads_named("bound")) == 3


def test_a_call_never_waits_while_a_thread_may_still_be_started(gate: threading.Event) -> None:
    executor = DaemonExecutor(4, "waits")
    for _ in range(50):
        executor.submit(int).result(SECONDS)
    for _ in range(3):
        hang(executor, gate)
    assert [executor.submit(int).result(SECONDS) for _ in range(50)] == [0] * 50


def test_after_a_backlog_every_thread_takes_calls_again(gate: threading.Event) -> None:
    executor = DaemonExecutor(2, "backlog")
    for future in [executor.submit(int) for _ in range(200)]:
        future.result(SECONDS)
    hang(executor, gate)
    assert executor.submit(int).result(SECONDS) == 0
    hang(executor, gate)
    assert len(threads_named("backlog")) == 2


def test_submits_that_race_are_all_run_within_the_bound() -> None:
    executor = DaemonExecutor(3, "race")
    submitters = 8
    together = threading.Barrier(submitters)
    futures: list[Future[int]] = []

    def submit_many() -> None:
        together.wait(SECONDS)
        futures.extend(executor.submit(pow, number, 2) for number in range(100))

    threads = [threading.Thread(target=submit_many) for _ in range(submitters)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    results = sorted(future.result(SECONDS) for future in futures)
    assert results == sorted([number**2 for number in range(100)] * submitters)
    assert len(threads_named("race")) <= 3


def test_a_cancelled_call_that_waits_in_the_queue_never_begins(gate: threading.Event) -> None:
    executor = DaemonExecutor(1, "cancel")
    running = hang(executor, gate)
    begun: list[str] = []
    cancelled = executor.submit(begun.append, "cancelled")
    kept = executor.submit(begun.append, "kept")
    assert cancelled.cancel()
    assert not running.cancel()
    gate.set()
    kept.result(SECONDS)
    assert begun == ["kept"]
    assert cancelled.cancelled()


async def test_an_event_loop_can_await_a_call() -> None:
    executor = DaemonExecutor(2, "loop")
    assert await asyncio.wrap_future(executor.submit(pow, 2, 10)) == 1024
    loop = asyncio.get_running_loop()
    # Duck-typed: the loop only ever calls submit.
    assert await loop.run_in_executor(executor, pow, 2, 5) == 32  # type: ignore[arg-type]


def test_when_no_thread_can_be_started_nothing_is_queued_and_a_later_call_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    executor = DaemonExecutor(1, "refused")
    begun: list[str] = []

    def refuse(_: threading.Thread) -> NoReturn:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start"):
            executor.submit(begun.append, "refused")
    executor.submit(begun.append, "later").result(SECONDS)
    assert begun == ["later"]


HANGING_PROGRAM = """
import socket, threading
from marketdata.executors import DaemonExecutor

server = socket.create_server(("127.0.0.1", 0))
executor = DaemonExecutor(2, "hanging")
begun = threading.Event()

def hang():
    with socket.create_connection(server.getsockname()) as client:
        begun.set()
        client.recv(1)

for _ in range(5):
    executor.submit(hang)
begun.wait(10)
print("the end", flush=True)
"""


def test_a_hanging_call_does_not_hold_up_the_end_of_the_process() -> None:
    process = subprocess.run(
        [sys.executable, "-c", HANGING_PROGRAM],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (process.returncode, process.stdout, process.stderr) == (0, "the end\n", "")
