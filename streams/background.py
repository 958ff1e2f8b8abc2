"""An event loop in a thread of its own, for processes that have no other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class BackgroundLoop:
    """Runs coroutines for other threads; what is opened on its loop stays open between calls."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T], timeout_seconds: float) -> T:
        """What the coroutine gives. Raises what it raises, and TimeoutError."""
        running = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        try:
            return running.result(timeout_seconds)
        finally:
            running.cancel()

    def close(self) -> None:
        """End the loop and its thread; nothing can be run any more."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
