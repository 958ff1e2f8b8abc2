"""The streamer: prices pushed over a WebSocket, in a thread of their own, until stopped.

The list of symbols is repeated every 15 seconds, as Yahoo's own page does. A lost connection
is made anew, at first soon and then ever less often.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from typing import Literal

import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from marketdata.clock import Clock
from marketdata.errors import MalformedAnswer
from marketdata.providers.yahoo.pricing import Pricing, parse_frame

logger = logging.getLogger(__name__)

REPEAT_SECONDS = 15.0
OPEN_SECONDS = 5.0
# A connection that is silent for longer than any market ever is has been forgotten.
SILENCE_SECONDS = 120.0
BACKOFF_SECONDS = (1.0, 60.0)
LOOK_SECONDS = 1.0
MAX_FRAME_BYTES = 65_536
MAX_SYMBOLS_PER_MESSAGE = 500

StreamState = Literal["off", "idle", "connected", "waiting"]


class Streamer:
    """Calls `on_pricing` for each update of the `wanted()` symbols, from its own thread."""

    def __init__(
        self,
        url: str,
        user_agent: str,
        wanted: Callable[[], Collection[str]],
        on_pricing: Callable[[Pricing], None],
        clock: Clock,
        *,
        use_proxies: bool = True,
    ) -> None:
        self._url = url
        self._user_agent = user_agent
        self._wanted = wanted
        self._on_pricing = on_pricing
        self._clock = clock
        self._use_proxies = use_proxies
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._failures = 0
        self.state: StreamState = "off"

    def start(self) -> None:
        """Begin, unless it runs already."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="yahoo-streamer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End it; returns when it has."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._wanted():
                self.state = "idle"
                self._stopping.wait(LOOK_SECONDS)
                continue
            self._connect_once()
        self.state = "off"

    def _connect_once(self) -> None:
        try:
            with connect(
                self._url,
                user_agent_header=self._user_agent,
                open_timeout=OPEN_SECONDS,
                close_timeout=1,
                max_size=MAX_FRAME_BYTES,
                proxy=True if self._use_proxies else None,
            ) as socket:
                self.state = "connected"
                self._converse(socket)
        except (WebSocketException, OSError, ValueError) as error:
            self._lost(error)
        except Exception as error:
            logger.exception("The price stream failed unexpectedly")
            self._lost(error)

    def _lost(self, error: Exception) -> None:
        """Say so once an outage, and wait before the next attempt."""
        if not self._failures and not self._stopping.is_set():
            logger.warning("The price stream is lost, polling goes on: %s", type(error).__name__)
        self.state = "waiting"
        self._failures += 1
        first, longest = BACKOFF_SECONDS
        limit = min(longest, first * 2 ** min(self._failures - 1, 10))
        self._stopping.wait(self._clock.jitter(limit / 2, limit))

    def _converse(self, socket: ClientConnection) -> None:
        """Keep the subscription up and hand over what comes, until wanted no more."""
        subscribed: frozenset[str] = frozenset()
        heard_at = said_at = time.monotonic()
        while not self._stopping.is_set() and (wanted := frozenset(self._wanted())):
            now = time.monotonic()
            if wanted != subscribed or now - said_at >= REPEAT_SECONDS:
                _say(socket, "unsubscribe", subscribed - wanted)
                _say(socket, "subscribe", wanted)
                subscribed, said_at = wanted, now
            if self._hear(socket, now + LOOK_SECONDS):
                heard_at = now
            elif now - heard_at >= SILENCE_SECONDS:
                raise TimeoutError

    def _hear(self, socket: ClientConnection, until: float) -> int:
        """Take what comes until then; how many updates there were."""
        updates = 0
        while not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
            try:
                pricing = parse_frame(socket.recv(timeout=left))
            except TimeoutError:
                break
            except MalformedAnswer as error:
                logger.debug("ignored: %s", error)
                continue
            if pricing is not None:
                updates += 1
                self._on_pricing(pricing)
        if updates and self._failures:
            self._failures = 0
            logger.info("The price stream is back")
        return updates


def _say(socket: ClientConnection, verb: str, symbols: Collection[str]) -> None:
    ordered = sorted(symbols)
    for start in range(0, len(ordered), MAX_SYMBOLS_PER_MESSAGE):
        part = ordered[start : start + MAX_SYMBOLS_PER_MESSAGE]
        socket.send(msgspec.json.encode({verb: part}).decode())
