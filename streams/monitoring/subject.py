"""Subject: the process that is watched, and what is asked of its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from channels.layers import BaseChannelLayer

from marketdata.health import UpstreamHealth
from streams.counts import Counts
from streams.feed import Feed
from streams.monitoring.report import Kind
from streams.outbox import Outbox
from streams.source_state import SourceWatch


class Server(Protocol):
    """What is asked of our own server."""

    is_draining: bool
    websockets: int
    refused: Mapping[str, int]
    options: Any
    slow_clients: Any

    def open_outbox(self, receive: Callable[[bytes], None]) -> Outbox: ...


class Gate(Protocol):
    """What is asked of whoever lets handshakes in."""

    def count_visits(self) -> Mapping[str, int]: ...

    def blind_seconds(self) -> float: ...

    def shut_seconds(self) -> float: ...

    async def probe(self) -> None: ...


class Provider(Protocol):
    """What is asked of the source of data itself."""

    @property
    def name(self) -> str: ...

    @property
    def is_simulated(self) -> bool: ...


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The process, and those of its parts that there are."""

    process: str
    kind: Kind
    tick_seconds: float
    provider: Provider
    is_shared: bool
    counts: Counts
    layer: BaseChannelLayer
    source: SourceWatch
    get_upstream: Callable[[], UpstreamHealth | None]  # blocks
    feed: Feed | None = None
    gate: Gate | None = None
    server: Server | None = None
