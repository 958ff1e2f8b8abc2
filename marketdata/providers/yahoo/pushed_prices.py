"""Pushed prices: the streamer's updates put into the quotes of symbols that await their turn."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from marketdata.clock import Clock
from marketdata.providers.yahoo.client import YahooClient
from marketdata.providers.yahoo.pricing import Pricing, applied
from marketdata.providers.yahoo.turns import Turns

if TYPE_CHECKING:
    from marketdata.providers.yahoo.streamer import Streamer

# A symbol that no tick has wanted for so long is no longer streamed.
WANTED_SECONDS = 30.0


class PushedPrices:
    """A streamer for the symbols in `turns`; off until started."""

    def __init__(self, turns: Turns, client: YahooClient, clock: Clock) -> None:
        self._turns = turns
        self._client = client
        self._clock = clock
        self._streamer: Streamer | None = None
        self._lock = threading.Lock()

    @property
    def state(self) -> str:
        return self._streamer.state if self._streamer else "off"

    def start(self) -> None:
        """Begin, unless it has begun."""
        # Only who streams needs the WebSocket library.
        from marketdata.providers.yahoo.streamer import Streamer

        with self._lock:
            if self._streamer is None:
                self._streamer = Streamer(
                    self._client.hosts.streamer_url(),
                    self._client.user_agent,
                    self._wanted,
                    self._take,
                    self._clock,
                    use_proxies=self._client.use_proxies,
                )
            self._streamer.start()

    def stop(self) -> None:
        """End it; returns when it has."""
        with self._lock:
            if self._streamer is not None:
                self._streamer.stop()

    def _wanted(self) -> list[str]:
        return self._turns.wanted(self._clock.time() - WANTED_SECONDS)

    def _take(self, pricing: Pricing) -> None:
        quote = self._turns.get(pricing.symbol)
        if quote is not None:
            at = min(pricing.time_ms / 1000, self._clock.time())
            self._turns.pushed(pricing.symbol, applied(quote, pricing), at)
