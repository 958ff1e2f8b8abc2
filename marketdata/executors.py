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
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._started = 0

    def submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """A future of `call(*args, **kwargs)`; cancel it to drop a call that has not begun."""
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

        self._calls.put(run)
        self._ensure_worker()
        return future

    def _ensure_worker(self) -> None:
        if self._idle.acquire(blocking=False):
            return
        with self._lock:
            if self._started >= self._max_workers:
                return
            self._started += 1
            name = f"{self._name}-{self._started}"
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def _work(self) -> None:
        while True:
            self._calls.get()()
            self._idle.release()
