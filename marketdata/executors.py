"""A thread pool whose threads never keep the process from ending.

concurrent.futures.ThreadPoolExecutor joins its threads when the interpreter exits, so one
call that hangs on a socket would hold up a shutdown. Here the threads are daemons.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DaemonExecutor:
    """Runs calls in at most `max_workers` daemon threads, started when first needed."""

    def __init__(self, max_workers: int, name: str) -> None:
        self._max_workers = max_workers
        self._name = name
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._workers = 0
        self._unfinished = 0

    @property
    def unfinished(self) -> int:
        """How many calls run or wait for a thread."""
        return self._unfinished

    def submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """A future of `call(*args, **kwargs)`; cancel it to drop a call that has not begun.

        Raises RuntimeError when a thread is needed and the system gives none.
        """
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = call(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits on the future
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._lock:
            self._ensure_worker()
            self._unfinished += 1
        self._calls.put(run)
        return future

    def _ensure_worker(self) -> None:
        if self._unfinished < self._workers or self._workers == self._max_workers:
            return
        name = f"{self._name}-{self._workers + 1}"
        # Counted only once it runs: where no thread can be started, this raises, nothing is
        # queued, and a later call tries again.
        threading.Thread(target=self._work, name=name, daemon=True).start()
        self._workers += 1

    def _work(self) -> None:
        while True:
            self._calls.get()()
            with self._lock:
                self._unfinished -= 1
