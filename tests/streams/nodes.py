"""The state of a cluster as each of its processes has it, without the processes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from streams.background import BackgroundLoop
from streams.layers import StreamsChannelLayer
from streams.shared_state import SharedState
from streams.state import State, redis_state

TIMEOUT_SECONDS = 0.5
# What a busy machine may add to whatever is timed.
PATIENCE_SECONDS = 5.0


class Node:
    """One process: an event loop in a thread, a layer on it, and the state through both."""

    def __init__(self, url: str, prefix: str, interval_seconds: float) -> None:
        self.background = BackgroundLoop("node")
        timeouts = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), TIMEOUT_SECONDS)
        self.layer = StreamsChannelLayer(hosts=[{"address": url, **timeouts}], prefix=prefix)
        self.shared = SharedState(self.layer, TIMEOUT_SECONDS)
        self.shared.bind(self.background.loop)
        self.state: State = redis_state(self.shared, prefix, interval_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.background.close()  # and with its loop the layer's connections


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fails if it takes much longer: what it keeps out must take longer than the patience, too."""
    started_at = time.monotonic()
    yield
    assert time.monotonic() - started_at < seconds + PATIENCE_SECONDS
