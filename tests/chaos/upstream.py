"""The upstream of a cluster: a Yahoo that says who asked for which quotes when, and can fail."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tests.chaos.judgement import Window
from tests.marketdata.yahoo.answers import ACME, SIMILAR, STOCK, quotes, serve_everything
from tests.marketdata.yahoo.server import Call, FakeYahoo, Reply

QUOTES = "/v7/finance/quote"
# The calls of one refresh are never this far apart, those of two ticks always.
APART_SECONDS = 0.35
# What SIMILAR recommends, and a profile therefore shows.
SIMILAR_SYMBOLS = frozenset({"WILE", "ROAD"})

Fault = Callable[[Call], Reply | None]


class QuotesCall(msgspec.Struct, frozen=True):
    """`by` is the user agent, which each process of a cluster has its own of."""

    at: float
    by: str
    symbols: tuple[str, ...]


class Refresh(msgspec.Struct, frozen=True):
    """The calls that one process made together."""

    by: str
    calls: list[QuotesCall]

    @property
    def symbols(self) -> list[str]:
        return [symbol for call in self.calls for symbol in call.symbols]


class Upstream(FakeYahoo):
    """Knows every symbol; its price is the time in milliseconds, so that data shows its age."""

    def __init__(self, profiles: Iterable[str]) -> None:
        super().__init__()
        self.quotes_calls: list[QuotesCall] = []
        self._fault: Fault | None = None
        self._calls_lock = threading.Lock()
        serve_everything(self)
        self.routes[QUOTES] = _quotes_with_time
        for symbol in profiles:
            self.routes[f"/v10/finance/quoteSummary/{symbol}"] = STOCK
            self.routes[f"/v6/finance/recommendationsbysymbol/{symbol}"] = SIMILAR

    def answer(self, call: Call) -> Reply:
        if call.path == QUOTES:
            self._note(call)
        if self._fault and (reply := self._fault(call)):
            return reply
        return super().answer(call)

    def break_down(self, fault: Fault) -> None:
        """From now on every call meets the fault first."""
        self.released.clear()
        self._fault = fault

    def mend(self) -> None:
        self._fault = None
        self.released.set()

    def get_refreshes(self, window: Window) -> list[Refresh]:
        """Those that began in the window, but for one at its very end, still under way."""
        refreshes: dict[str, list[Refresh]] = {}
        for call in self._get_calls():
            of_process = refreshes.setdefault(call.by, [])
            if not of_process or call.at - of_process[-1].calls[-1].at > APART_SECONDS:
                of_process.append(Refresh(call.by, []))
            of_process[-1].calls.append(call)
        closed = Window(window.begin, window.end - APART_SECONDS)
        begun = [r for of in refreshes.values() for r in of if r.calls[0].at in closed]
        return sorted(begun, key=lambda refresh: refresh.calls[0].at)

    def count_calls_for(self, symbol: str) -> Counter[str]:
        """How often each process asked for this symbol."""
        return Counter(call.by for call in self._get_calls() if symbol in call.symbols)

    def _get_calls(self) -> list[QuotesCall]:
        with self._calls_lock:
            return list(self.quotes_calls)

    def _note(self, call: Call) -> None:
        by, symbols = call.headers["user-agent"], tuple(call.query["symbols"].split(","))
        with self._calls_lock:
            self.quotes_calls.append(QuotesCall(time.monotonic(), by, symbols))


def hang(call: Call) -> Reply:
    """No answer, until the upstream is mended."""
    return Reply(mode="hang")


def fail(call: Call) -> Reply:
    return Reply(503)


def dawdle(call: Call) -> None:
    """A good answer, half a second late."""
    time.sleep(0.5)


def _quotes_with_time(call: Call) -> dict[str, Any]:
    row = {**ACME, "regularMarketPrice": round(1000 * time.monotonic())}
    return quotes(*({**row, "symbol": symbol} for symbol in call.query["symbols"].split(",")))
