"""A tick's quotes: in batches, as many as the budget allows, with lost rows asked for again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec

from marketdata.deadlines import Deadline
from marketdata.domain.quote import SimpleQuote
from marketdata.errors import ProviderError, SourcePaused
from marketdata.executors import DaemonExecutor
from marketdata.health import TurnsHealth
from marketdata.providers.base import Batch
from marketdata.providers.yahoo.endpoints import YahooEndpoints
from marketdata.providers.yahoo.guard import Guard
from marketdata.providers.yahoo.outcomes import outcomes
from marketdata.providers.yahoo.turns import Turns, max_age_seconds
from marketdata.providers.yahoo.unknowns import Unknowns
from marketdata.sharing import SharedStore

# Yahoo fails on about a hundred symbols a call.
QUOTES_PER_CALL = 50
GROUP = "quotes"
HEALTH_KEY = "turns"
HEALTH_SECONDS = 60.0
# For so long, what is said about more symbols counts.
HEALTH_OF_ALL_SECONDS = 15.0


class _Answers(msgspec.Struct, frozen=True):
    found: dict[str, SimpleQuote]
    failed: dict[str, ProviderError]
    missing: list[str]


class QuoteBatches:
    """Fetches quotes anew each time; keeps the last ones for the symbols that must wait."""

    def __init__(
        self,
        endpoints: YahooEndpoints,
        guard: Guard,
        executor: DaemonExecutor,
        store: SharedStore,
    ) -> None:
        self._endpoints = endpoints
        self._guard = guard
        self._executor = executor
        self._store = store
        self.turns = Turns()
        self._unknowns = Unknowns()

    def fetch(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[SimpleQuote]:
        """The quotes of `symbols`, most wanted first; a failed call takes only its own along."""
        if symbols:
            deadline.require("quotes")
        at = now.timestamp()
        wanted = self._unknowns.known(symbols, at)
        chosen, failed = self._choose(wanted, at)
        answers = self._ask(chosen, deadline)
        again = self._ask_again(answers.missing, at, deadline)
        found = {**answers.found, **again.found}
        failed |= {**answers.failed, **again.failed}
        unknown = [s for s in chosen if s not in found and s not in failed]
        self.turns.landed(found, [*failed, *unknown], at)
        self._unknowns.found(found)
        asked = {*chosen, *failed}
        skipped = frozenset(symbol for symbol in wanted if symbol not in asked)
        shown = {**found, **self._still_shown(skipped, len(wanted), at)}
        self._report(self.turns.health(wanted, len(chosen), shown, at))
        return Batch({s: shown[s] for s in symbols if s in shown}, failed, skipped)

    def _choose(self, wanted: list[str], at: float) -> tuple[list[str], dict[str, ProviderError]]:
        """Those to ask for, paid for, and those that cannot be had because of a breaker."""
        calls = _count_calls(wanted)
        if not calls:
            return [], {}
        room = min(calls, self._guard.breakers.room(GROUP))
        granted = self._guard.budget.take_for_quotes(room)
        chosen = self.turns.choose(wanted, granted * QUOTES_PER_CALL, at)
        if room == calls:
            return chosen, {}
        error = SourcePaused("quotes: not asked after failures")
        return chosen, dict.fromkeys(set(wanted) - set(chosen), error)

    def _ask(self, symbols: Sequence[str], deadline: Deadline) -> _Answers:
        chunks = [
            tuple(symbols[start : start + QUOTES_PER_CALL])
            for start in range(0, len(symbols), QUOTES_PER_CALL)
        ]
        futures = {
            chunk: self._executor.submit(
                partial(self._endpoints.fetch_quotes, may_be_empty=not self._were_known(chunk)),
                chunk,
                deadline,
            )
            for chunk in chunks
        }
        answers = _Answers({}, {}, [])
        for chunk, outcome in outcomes(futures, deadline).items():
            if isinstance(outcome, ProviderError):
                answers.failed.update(dict.fromkeys(chunk, outcome))
            else:
                answers.found.update((s, outcome[s]) for s in chunk if s in outcome)
                answers.missing.extend(s for s in chunk if s not in outcome)
        return answers

    def _ask_again(self, missing: list[str], at: float, deadline: Deadline) -> _Answers:
        """Rows get lost: what an answer lacked is asked for once more, if the budget allows."""
        again = self._unknowns.missed(missing, at)
        calls = _count_calls(again)
        while calls and not self._guard.budget.take_for_retry():
            calls -= 1
        again, later = again[: calls * QUOTES_PER_CALL], again[calls * QUOTES_PER_CALL :]
        answers = self._ask(again, deadline)
        self._unknowns.missed(answers.missing, at)
        paused = SourcePaused("a lost row: the budget for asking again is spent")
        return _Answers(answers.found, {**answers.failed, **dict.fromkeys(later, paused)}, [])

    def _were_known(self, symbols: Sequence[str]) -> bool:
        return any(self.turns.get(symbol) is not None for symbol in symbols)

    def _still_shown(
        self, skipped: frozenset[str], symbols: int, at: float
    ) -> Mapping[str, SimpleQuote]:
        per_second = self._guard.budget.quote_calls_per_second * QUOTES_PER_CALL
        return self.turns.recent(skipped, max_age_seconds(symbols, per_second), at)

    def _report(self, health: TurnsHealth) -> None:
        """Let every process of the cluster show it, unless it is about a newcomer only."""
        present = self.get_health()
        is_small = present and present.symbols > health.symbols
        if not (is_small and present and abs(health.at - present.at) < HEALTH_OF_ALL_SECONDS):
            self._store.put(HEALTH_KEY, msgspec.json.encode(health), HEALTH_SECONDS)

    def get_health(self) -> TurnsHealth | None:
        """The last tick's turns, of whichever process made it."""
        value = self._store.get_many([HEALTH_KEY]).get(HEALTH_KEY)
        return msgspec.json.decode(value, type=TurnsHealth) if value else None


def _count_calls(symbols: Sequence[str]) -> int:
    return -(-len(symbols) // QUOTES_PER_CALL)
