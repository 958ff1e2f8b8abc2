"""Isolation: the symbol that makes whole calls fail is found by halving, and the others go on.

Anybody can name a symbol, and on some of them Yahoo says nothing about those beside them either.
One that fails alone twice is taken for unknown, for as long as unknown symbols are.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence

from marketdata.deadlines import Deadline
from marketdata.errors import (
    MalformedAnswer,
    NotFound,
    ProviderError,
    ProviderUnavailable,
    RequestRefused,
)
from marketdata.providers.yahoo.guard import FAIR_SECONDS, Guard
from marketdata.providers.yahoo.quote_calls import QUOTES_PER_CALL, Answers, QuoteCalls
from marketdata.providers.yahoo.unknowns import Unknowns

logger = logging.getLogger(__name__)

# Enough to find one of fifty; the rest is found in the next ticks.
MAX_HALVINGS = 7


class Isolation:
    """Makes the calls that find it, as far as there are tokens that quotes do not need."""

    def __init__(self, calls: QuoteCalls, guard: Guard, unknowns: Unknowns) -> None:
        self._calls = calls
        self._guard = guard
        self._unknowns = unknowns
        # Yahoo answers others, so that a failure may be a symbol's.
        self._is_source_well = False

    def rescue(self, answers: Answers, at: float, deadline: Deadline) -> Answers:
        """The answers, with those of smaller calls about what failed because of a symbol."""
        suspects = [s for s, error in answers.failed.items() if _may_be_a_symbol(error)]
        self._is_source_well = bool(answers.found) or (self._is_source_well and not suspects)
        rescued, alone = self._halve(suspects, deadline)
        if self._is_source_well:
            self._put_aside(alone, at)
        return answers | rescued

    def _halve(self, suspects: Sequence[str], deadline: Deadline) -> tuple[Answers, list[str]]:
        """What came of halves and halves of halves, and who failed alone."""
        parts = deque(
            suspects[start : start + QUOTES_PER_CALL]
            for start in range(0, len(suspects), QUOTES_PER_CALL)
        )
        rescued, alone, halvings = Answers(), list[str](), 0
        while parts:
            part = parts.popleft()
            if len(part) == 1:
                alone += part
                continue
            if halvings == MAX_HALVINGS or not self._may_halve(deadline):
                break
            halvings += 1
            middle = len(part) // 2
            halves = (part[:middle], part[middle:])
            rescued |= self._ask(halves, deadline)
            self._is_source_well |= bool(rescued.found)
            if not self._is_source_well:
                break  # an outage, and no symbol's fault
            parts.extend(half for half in halves if _may_be_a_symbol(rescued.failed.get(half[0])))
        return rescued, alone

    def _may_halve(self, deadline: Deadline) -> bool:
        granted = self._guard.budget.take_again(2, quotes_first=True)
        if granted == 2 and deadline.remaining() > FAIR_SECONDS:
            return True
        self._guard.budget.give_back(granted)
        return False

    def _ask(self, halves: Sequence[Sequence[str]], deadline: Deadline) -> Answers:
        calls = {}
        for half in halves:
            # One that is unknown besides is put aside the same way.
            calls.update(self._calls.start(half, half, deadline, are_new=True))
        return self._calls.collect(calls, deadline)

    def _put_aside(self, symbols: Sequence[str], at: float) -> None:
        asked_again = set(self._unknowns.missed(symbols, at))
        for symbol in symbols:
            if symbol not in asked_again:
                logger.info("Yahoo fails when asked for %s, which is left out for a while", symbol)


def _may_be_a_symbol(error: ProviderError | None) -> bool:
    """Whether a symbol among those asked for may be the reason."""
    if type(error) is ProviderUnavailable:
        return True
    return isinstance(error, NotFound | RequestRefused | MalformedAnswer)
