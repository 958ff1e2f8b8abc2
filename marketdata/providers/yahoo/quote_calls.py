"""Calls for quotes, fifty symbols each and all at the same time, and what came of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import Future
from functools import partial

import msgspec

from marketdata.deadlines import Deadline
from marketdata.domain.quote import SimpleQuote
from marketdata.errors import ProviderError
from marketdata.executors import DaemonExecutor
from marketdata.providers.yahoo.endpoints import YahooEndpoints
from marketdata.providers.yahoo.outcomes import outcomes

# Yahoo fails on about a hundred symbols a call.
QUOTES_PER_CALL = 50

Calls = dict[tuple[str, ...], Future[dict[str, SimpleQuote]]]


class Answers(msgspec.Struct, frozen=True):
    """What was found, what failed and why, and what the answers lacked."""

    found: dict[str, SimpleQuote] = {}
    failed: dict[str, ProviderError] = {}
    missing: list[str] = []
    # How many calls brought most of what they asked for, or failed.
    good_calls: int = 0

    def __or__(self, later: Answers) -> Answers:
        """Together with later answers, which count."""
        found = {**self.found, **later.found}
        answered = found.keys() | set(later.missing)
        failed = {s: error for s, error in self.failed.items() if s not in answered}
        failed |= {s: error for s, error in later.failed.items() if s not in found}
        missing = dict.fromkeys([*self.missing, *later.missing])
        return Answers(
            found,
            failed,
            [s for s in missing if s not in found and s not in failed],
            self.good_calls + later.good_calls,
        )


class QuoteCalls:
    """Makes calls that have been paid for."""

    def __init__(self, endpoints: YahooEndpoints, executor: DaemonExecutor) -> None:
        self._endpoints = endpoints
        self._executor = executor

    def start(
        self,
        symbols: Sequence[str],
        seen: Collection[str],
        deadline: Deadline,
        *,
        are_new: bool = False,
    ) -> Calls:
        """Begin to ask for these; an answer without a row is a failure if one was `seen` before."""
        seen = frozenset(seen)
        chunks = [
            tuple(symbols[start : start + QUOTES_PER_CALL])
            for start in range(0, len(symbols), QUOTES_PER_CALL)
        ]
        return {
            chunk: self._executor.submit(
                partial(
                    self._endpoints.fetch_quotes,
                    may_be_empty=seen.isdisjoint(chunk),
                    are_new=are_new,
                ),
                chunk,
                deadline,
            )
            for chunk in chunks
        }

    def collect(self, calls: Calls, deadline: Deadline) -> Answers:
        """Wait for what was started."""
        answers, good_calls = Answers({}, {}, []), 0
        for chunk, outcome in outcomes(calls, deadline).items():
            if isinstance(outcome, ProviderError):
                answers.failed.update(dict.fromkeys(chunk, outcome))
                good_calls += 1
                continue
            found = {s: outcome[s] for s in chunk if s in outcome}
            answers.found.update(found)
            answers.missing.extend(s for s in chunk if s not in found)
            good_calls += 2 * len(found) >= len(chunk)
        return msgspec.structs.replace(answers, good_calls=good_calls)


def count_calls(symbols: Sequence[str]) -> int:
    """How many calls these take."""
    return -(-len(symbols) // QUOTES_PER_CALL)
