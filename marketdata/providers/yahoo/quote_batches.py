"""A tick's quotes: in batches, as many as the budget allows, with lost rows asked for again.

Symbols that were seen before take turns. Newcomers are asked for in calls of their own, more and
more of them as long as they turn out to be known.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from marketdata.deadlines import Deadline
from marketdata.domain.quote import SimpleQuote
from marketdata.errors import BudgetSpent, DeadlineExceeded
from marketdata.executors import DaemonExecutor
from marketdata.health import TurnsHealth
from marketdata.providers.base import Batch
from marketdata.providers.yahoo.breakers import UNLIMITED
from marketdata.providers.yahoo.endpoints import YahooEndpoints
from marketdata.providers.yahoo.guard import Guard
from marketdata.providers.yahoo.isolation import Isolation
from marketdata.providers.yahoo.newcomers import Newcomers
from marketdata.providers.yahoo.quote_calls import (
    QUOTES_PER_CALL,
    Answers,
    QuoteCalls,
    count_calls,
)
from marketdata.providers.yahoo.turns import Turns, max_age_seconds
from marketdata.providers.yahoo.unknowns import Unknowns
from marketdata.sharing import SharedStore

GROUP, NEW_GROUP = "quotes", "new symbols"
# When not all can be asked for, this part of the calls goes to newcomers, who show nothing yet.
NEWCOMERS_FIRST = 0.75
HEALTH_KEY = "turns"
HEALTH_SECONDS = 60.0
# For so long, what is said about more symbols counts.
HEALTH_OF_ALL_SECONDS = 15.0


class QuoteBatches:
    """Fetches quotes anew each time; keeps the last ones for the symbols that must wait."""

    def __init__(
        self,
        endpoints: YahooEndpoints,
        guard: Guard,
        executor: DaemonExecutor,
        store: SharedStore,
    ) -> None:
        self._calls = QuoteCalls(endpoints, executor)
        self._guard = guard
        self._store = store
        self.turns = Turns()
        self._unknowns = Unknowns()
        self._newcomers = Newcomers()
        self._isolation = Isolation(self._calls, guard, self._unknowns)
        self._meeting = threading.Lock()
        # Whom the last meeting has brought quotes of, until somebody asks for them.
        self._met: set[tuple[str, float]] = set()

    def fetch(
        self, symbols: Sequence[str], now: datetime, deadline: Deadline
    ) -> Batch[SimpleQuote]:
        """The quotes of `symbols`, most wanted first; a failed call takes only its own along."""
        if symbols:
            deadline.require("quotes")
        at = now.timestamp()
        wanted = self._unknowns.known(symbols, at)
        just_met = self._take_just_met(wanted, at)
        seen = self.turns.known(wanted)
        answers = self._ask(
            [s for s in wanted if s in seen and s not in just_met],
            [s for s in wanted if s not in seen],
            at,
            deadline,
        )
        found, failed = {**just_met, **answers.found}, answers.failed
        asked = {*found, *failed, *answers.missing}
        skipped = frozenset(symbol for symbol in wanted if symbol not in asked)
        shown = {**found, **self._still_shown(skipped, len(seen), at)}
        self._report(self.turns.health(wanted, len(asked), shown, at))
        return Batch({s: shown[s] for s in symbols if s in shown}, failed, skipped)

    def known(self, symbols: Sequence[str], now: datetime, deadline: Deadline) -> list[str]:
        """Those of `symbols` that are worth asking about one by one.

        Newcomers are met first, all in one call. Raises DeadlineExceeded.
        """
        known = self.turns.known(symbols)
        failed: Collection[str] = ()
        if len(known) < len(symbols):
            failed = self._meet([s for s in symbols if s not in known], now, deadline)
            known = self.turns.known(symbols)
        # A quote that fails says nothing about its symbol.
        return [symbol for symbol in symbols if symbol in known or symbol in failed]

    def _meet(self, newcomers: Sequence[str], now: datetime, deadline: Deadline) -> Collection[str]:
        """Ask for their quotes, one caller at a time; those that failed."""
        if not self._meeting.acquire(timeout=deadline.remaining()):
            raise DeadlineExceeded("newcomers: no answer yet")
        try:
            met = self.turns.known(newcomers)
            batch = self.fetch([s for s in newcomers if s not in met], now, deadline)
            self._met = {(symbol, now.timestamp()) for symbol in batch.found} or self._met
        finally:
            self._meeting.release()
        return batch.failed

    def _take_just_met(self, symbols: Sequence[str], at: float) -> dict[str, SimpleQuote]:
        met = [symbol for symbol in symbols if (symbol, at) in self._met]
        self._met = self._met.difference((symbol, at) for symbol in met)
        quotes = {symbol: self.turns.get(symbol) for symbol in met}
        return {symbol: quote for symbol, quote in quotes.items() if quote is not None}

    def _ask(
        self, seen: Sequence[str], new: Sequence[str], at: float, deadline: Deadline
    ) -> Answers:
        """Ask for those whose turn it is and for newcomers, at the same time."""
        rooms = [self._guard.breakers.room(group) for group in (GROUP, NEW_GROUP)]
        calls_for_new = min(count_calls(new), rooms[1])
        granted, for_new = self._take(count_calls(seen), calls_for_new, rooms[0])
        chosen = self.turns.choose(seen, (granted - for_new) * QUOTES_PER_CALL, at) if seen else []
        calls = self._calls.start(chosen, chosen, deadline)
        welcomed = self._welcome(new, for_new, at, deadline)
        answers = self._calls.collect(calls, deadline)
        answers |= self._ask_again(answers.missing, at, deadline)
        answers = self._isolation.rescue(answers | welcomed, at, deadline)
        self.turns.landed(answers.found, [*answers.failed, *answers.missing], at)
        self._unknowns.found(answers.found)
        self._newcomers.forget(answers.found)
        if min(rooms) < max(1, count_calls(seen) + count_calls(new)):
            answers |= self._ask_the_rest(seen, new, {*chosen, *_all_of(answers)}, at, deadline)
        return answers

    def _ask_the_rest(
        self,
        seen: Sequence[str],
        new: Sequence[str],
        asked: Collection[str],
        at: float,
        deadline: Deadline,
    ) -> Answers:
        """A probe that went well lets the others follow in the same tick."""
        seen = [symbol for symbol in seen if symbol not in asked]
        new = [symbol for symbol in new if symbol not in asked]
        rooms = [self._guard.breakers.room(group) for group in (GROUP, NEW_GROUP)]
        if asked and (seen or new) and min(rooms) == UNLIMITED:
            return self._ask(seen, new, at, deadline)
        paused = self._guard.breakers.paused(GROUP, "quotes")
        self.turns.landed({}, [*seen, *new], at)
        return Answers(failed=dict.fromkeys([*seen, *new], paused))

    def _take(self, for_seen: int, for_new: int, room: int) -> tuple[int, int]:
        """How many calls may be made, and how many of these for newcomers."""
        for_new = self._guard.budget.room_for_newcomers(for_new)
        granted = self._guard.budget.take_for_quotes(min(for_seen + for_new, room))
        return granted, min(for_new, max(granted - for_seen, int(NEWCOMERS_FIRST * granted)))

    def _welcome(
        self, newcomers: Sequence[str], paid_calls: int, at: float, deadline: Deadline
    ) -> Answers:
        """Ask for newcomers until their part of the budget is spent on unknown ones."""
        budget, answers = self._guard.budget, Answers()
        queue = self._newcomers.queue(newcomers, at)
        if self._guard.breakers.room(NEW_GROUP) == 1:
            queue = queue[:1]  # lest one that always fails keeps a probe from succeeding
        while calls := budget.take_for_newcomers(min(paid_calls, count_calls(queue))):
            asked, queue = queue[: calls * QUOTES_PER_CALL], queue[calls * QUOTES_PER_CALL :]
            answers |= self._ask_newcomers(asked, at, deadline)
            paid_calls -= calls
        budget.give_back(paid_calls)
        again = self._unknowns.missed(answers.missing, at)
        calls = budget.take_again(budget.take_for_newcomers(count_calls(again)))
        second = self._ask_newcomers(again[: calls * QUOTES_PER_CALL], at, deadline)
        self._newcomers.forget(second.missing)
        self._unknowns.missed(second.missing, at)
        return answers | second

    def _ask_newcomers(self, symbols: Sequence[str], at: float, deadline: Deadline) -> Answers:
        self._newcomers.asked(symbols, at)
        answers = self._calls.collect(
            self._calls.start(symbols, (), deadline, are_new=True), deadline
        )
        self._guard.budget.was_not_in_vain(answers.good_calls)
        return answers

    def _ask_again(self, missing: list[str], at: float, deadline: Deadline) -> Answers:
        """Rows get lost: what an answer lacked is asked for once more, if the budget allows."""
        again = self._unknowns.missed(missing, at)
        calls = self._guard.budget.take_again(count_calls(again))
        again, later = again[: calls * QUOTES_PER_CALL], again[calls * QUOTES_PER_CALL :]
        answers = self._calls.collect(self._calls.start(again, (), deadline), deadline)
        self._unknowns.missed(answers.missing, at)
        spent = BudgetSpent("a lost row: the budget for asking again is spent")
        return answers | Answers(failed=dict.fromkeys(later, spent))

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


def _all_of(answers: Answers) -> set[str]:
    return {*answers.found, *answers.failed, *answers.missing}
