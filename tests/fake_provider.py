"""A provider whose answers, failures and delays a test decides, and that counts its calls."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from marketdata.deadlines import Deadline
from marketdata.domain.movers import Mover, Movers
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, Returns, SimpleQuote
from marketdata.domain.sectors import Sector
from marketdata.providers.base import Batch


class FakeProvider:
    """Knows every symbol but those that begin with `UNKNOWN`."""

    name = "fake"
    is_simulated = True

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.quoted: list[tuple[str, ...]] = []
        # Method name → what to do instead of answering: raise, hang, or return nonsense.
        self.faults: dict[str, Callable[[], Any]] = {}
        self._lock = threading.Lock()

    def fetch_quotes(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[SimpleQuote]:
        with self._lock:
            self.quoted.append(tuple(symbols))
        return self._answer("fetch_quotes", lambda: _batch(symbols, _quote))

    def fetch_details(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[QuoteDetail]:
        return self._answer("fetch_details", lambda: _batch(symbols, _detail))

    def fetch_similar(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[tuple[str, ...]]:
        return self._answer("fetch_similar", lambda: _batch(symbols, lambda s: (f"{s}1", f"{s}2")))

    def fetch_news(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[tuple[News, ...]]:
        return self._answer("fetch_news", lambda: _batch(symbols, lambda s: (_news(s, now),)))

    def fetch_index_returns(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[Returns]:
        return self._answer(
            "fetch_index_returns", lambda: _batch(symbols, lambda s: Returns(ytd=1))
        )

    def fetch_movers(self, now: datetime, deadline: Deadline) -> Movers:
        mover = Mover(symbol="MOVE", name="Mover", price=3.0, change=1.0, percent_change=50.0)
        return self._answer("fetch_movers", lambda: Movers(actives=(mover,), gainers=(mover,)))

    def fetch_sectors(self, now: datetime, deadline: Deadline) -> tuple[Sector, ...]:
        return self._answer("fetch_sectors", lambda: (Sector(name="Technology", day_return=1.25),))

    def fetch_headlines(self, now: datetime, deadline: Deadline) -> tuple[News, ...]:
        return self._answer("fetch_headlines", lambda: (_news("the market", now),))

    def _answer(self, method: str, answer: Callable[[], Any]) -> Any:
        with self._lock:
            self.calls[method] += 1
        return self.faults.get(method, answer)()


def raising(error: Exception) -> Callable[[], Any]:
    """A fault: the call raises."""

    def fail() -> Any:
        raise error

    return fail


def _batch(symbols: Sequence[str], answer: Callable[[str], Any]) -> Batch[Any]:
    return Batch({s: answer(s) for s in symbols if not s.startswith("UNKNOWN")})


def _quote(symbol: str) -> SimpleQuote:
    return SimpleQuote(
        symbol=symbol, name=f"{symbol} Inc.", price=150.25, change=2.15, percent_change=1.45
    )


def _detail(symbol: str) -> QuoteDetail:
    return QuoteDetail(symbol=symbol, sector="Technology", about="What it does.")


def _news(about: str, now: datetime) -> News:
    return News(
        title=f"News of {about}", link="https://example.com/", source="Wire", published_at=now
    )
