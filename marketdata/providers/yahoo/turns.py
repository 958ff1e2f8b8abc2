"""Turns: which symbols are asked for when the budget is too small for all of them.

Those not asked for the longest go first, and the more wanted half counts its waiting double: it
is refreshed about twice as often, and nobody is left out. Until its next turn a symbol shows
the quote of its last one, but no longer than the budget explains, and not after a failure.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from marketdata.domain.quote import SimpleQuote
from marketdata.health import TurnsHealth

WANTED_WEIGHT = 2.0
# What ticks that come late and calls that are retried add to the time between two turns.
SLACK_SECONDS = 15.0
# Symbols that nobody has wanted for so long are forgotten.
FORGET_SECONDS = 900.0


class _Symbol(msgspec.Struct):
    wanted_at: float
    asked_at: float | None = None
    quote: SimpleQuote | None = None
    quote_at: float = 0.0
    has_failed: bool = False


class Turns:
    """When each symbol was last asked for, and what came of it. Times are Unix seconds."""

    def __init__(self) -> None:
        # The one not wanted for the longest is first.
        self._symbols: OrderedDict[str, _Symbol] = OrderedDict()
        self._lock = threading.Lock()

    def choose(self, symbols: Sequence[str], room: int, now: float) -> list[str]:
        """Those of `symbols`, most wanted first, that are to be asked for: at most `room`."""
        with self._lock:
            states = [self._wanted(symbol, now) for symbol in symbols]
            self._forget_unwanted(now)
        chosen = list(symbols)
        if len(symbols) > room:
            half = len(symbols) / 2
            order = sorted(
                range(len(symbols)),
                key=lambda at: _impatience(states[at], now, is_wanted=at < half),
                reverse=True,
            )
            chosen = [symbols[at] for at in order[:room]]
        with self._lock:
            for symbol in chosen:
                self._symbols[symbol].asked_at = now
        return chosen

    def landed(
        self, found: Mapping[str, SimpleQuote], without: Collection[str], now: float
    ) -> None:
        """What came of it; those `without` a quote have none to show before their next turn."""
        with self._lock:
            for symbol, quote in found.items():
                state = self._wanted(symbol, now)
                state.quote, state.quote_at, state.has_failed = quote, now, False
            for symbol in without:
                failed = self._symbols.get(symbol)
                if failed:
                    failed.quote = None
                    # Next in turn, for it shows nothing; but only once, lest it hold up others.
                    failed.asked_at = failed.asked_at if failed.has_failed else None
                    failed.has_failed = True

    def pushed(self, symbol: str, quote: SimpleQuote, at: float) -> None:
        """A newer quote came by itself. Only for symbols that the last turn brought one of."""
        with self._lock:
            state = self._symbols.get(symbol)
            if state is not None and state.quote is not None and at >= state.quote_at:
                state.quote, state.quote_at = quote, at

    def known(self, symbols: Iterable[str]) -> set[str]:
        """Those of which a quote has ever come."""
        with self._lock:
            states = [(symbol, self._symbols.get(symbol)) for symbol in symbols]
        return {symbol for symbol, state in states if state and state.quote_at}

    def get(self, symbol: str) -> SimpleQuote | None:
        """The quote of its last turn."""
        with self._lock:
            state = self._symbols.get(symbol)
            return state.quote if state else None

    def recent(
        self, symbols: Collection[str], max_age_seconds: float, now: float
    ) -> dict[str, SimpleQuote]:
        """The quotes of those whose last turn was not longer ago."""
        with self._lock:
            states = [(symbol, self._symbols.get(symbol)) for symbol in symbols]
        return {
            symbol: state.quote
            for symbol, state in states
            if state and state.quote is not None and abs(now - state.quote_at) <= max_age_seconds
        }

    def wanted(self, since: float) -> list[str]:
        """The symbols that somebody has wanted since then."""
        with self._lock:
            return sorted(s for s, state in self._symbols.items() if state.wanted_at >= since)

    def health(
        self, symbols: Collection[str], asked: int, shown: Collection[str], now: float
    ) -> TurnsHealth:
        """How old what was shown of `symbols` is."""
        with self._lock:
            ages = [max(0.0, now - self._symbols[s].quote_at) for s in shown if s in self._symbols]
        return TurnsHealth(
            at=now,
            symbols=len(symbols),
            asked=asked,
            waiting=len(symbols) - len(shown),
            mean_age_seconds=sum(ages) / len(ages) if ages else 0.0,
            oldest_age_seconds=max(ages, default=0.0),
        )

    def _wanted(self, symbol: str, now: float) -> _Symbol:
        state = self._symbols.setdefault(symbol, _Symbol(now))
        state.wanted_at = now
        self._symbols.move_to_end(symbol)
        return state

    def _forget_unwanted(self, now: float) -> None:
        """What it costs depends on those who are forgotten, not on those who are there."""
        while self._symbols:
            symbol, state = next(iter(self._symbols.items()))
            if now - state.wanted_at <= FORGET_SECONDS:
                return
            del self._symbols[symbol]


def max_age_seconds(symbols: int, symbols_per_second: float) -> float:
    """How old a quote may be when so many symbols share such a budget: the less wanted half is
    asked for every one and a half rounds."""
    return 2 * symbols / symbols_per_second + SLACK_SECONDS


def _impatience(state: _Symbol, now: float, *, is_wanted: bool) -> float:
    if state.asked_at is None:
        return float("inf")
    return abs(now - state.asked_at) * (WANTED_WEIGHT if is_wanted else 1.0)
