"""The state of the source: which kinds of data can be had, since when, and why not.

It is judged by the provider's answers, kept where all processes find it, and said in the log
once for each change. What nobody asks for any more has no state.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec

from marketdata.errors import BudgetSpent, NotFound, ProviderError, SourcePaused
from marketdata.providers.base import Batch
from marketdata.sharing import SharedStore

logger = logging.getLogger(__name__)

State = Literal["ok", "degraded", "paused", "down"]

STORE_KEY = "state"
# For so many ticks a kind of data has a state after it was asked for last, and a minute at least.
KEEP_TICKS = 12
KEEP_SECONDS = 60.0
# Of those who have not changed, who was seen when need not be told every time.
TELL_SECONDS = 5.0
# A source that says something else each time does not fill the log.
SAY_SECONDS = 60.0
# One symbol that cannot be had is not the source's state; half of them is.
FAILING_SHARE = 0.5
MAX_CAUSE = 200
# The source asked for it: who waits does the right thing.
PAUSES: frozenset[str] = frozenset({"rate_limited", "paused"})


class Verdict(msgspec.Struct, frozen=True):
    """What one answer says of its kind of data. `cause` is for people."""

    state: State
    reason: str = ""
    cause: str = ""


class KindState(msgspec.Struct, frozen=True):
    """One kind of data. Times in Unix seconds; `seen_at` is that of the last answer."""

    state: State
    since: float
    seen_at: float
    reason: str = ""
    cause: str = ""

    @property
    def since_at(self) -> datetime:
        return datetime.fromtimestamp(round(self.since), UTC)


class SourceState(msgspec.Struct, frozen=True):
    """All kinds of data, by name; `since` is the time of the last change of `state`."""

    state: State = "ok"
    since: float = 0.0
    reason: str = ""
    kinds: dict[str, KindState] = {}

    @property
    def since_at(self) -> datetime:
        return datetime.fromtimestamp(round(self.since), UTC)


OK = Verdict("ok")


def judge_error(error: Exception) -> Verdict | None:
    """Of a question that failed as a whole; None when it was not asked, its turn being to come."""
    if isinstance(error, BudgetSpent):
        return None
    reason = error.reason if isinstance(error, ProviderError) else "internal"
    cause = str(error) if isinstance(error, ProviderError) else "the provider failed unexpectedly"
    return Verdict("paused" if reason in PAUSES else "down", reason, cause[:MAX_CAUSE])


def judge_answer(answer: object) -> Verdict | None:
    """Of a question that was answered; None when the answer says nothing of the source."""
    if not isinstance(answer, Batch):
        return OK
    answered = len(answer.found.keys() - set(answer.skipped))
    failed = {s: e for s, e in answer.failed.items() if not isinstance(e, NotFound | BudgetSpent)}
    if not failed:
        # Without a fact that was fetched nothing is proved: the rest had to wait for its turn, is
        # kept, or is remembered as unknown.
        return OK if answered else None
    if len(failed) < FAILING_SHARE * (answered + len(failed)):
        return OK
    return _judge_failed(failed, answered)


def _judge_failed(failed: Mapping[str, ProviderError], answered: int) -> Verdict | None:
    """By the reason that most of them have."""
    [(reason, _)] = Counter(error.reason for error in failed.values()).most_common(1)
    symbol, error = next(item for item in failed.items() if item[1].reason == reason)
    if not answered:
        return judge_error(error)
    cause = f"failed symbols: {len(failed)}, {symbol} with: {error}"
    return Verdict("degraded", reason, cause[:MAX_CAUSE])


class SourceWatch:
    """Of one process; thread-safe. Looking at it costs nothing, `refresh` and `note` may block."""

    def __init__(self, store: SharedStore, tick_seconds: float = 0.0) -> None:
        self._store = store
        self._keep_seconds = max(KEEP_SECONDS, KEEP_TICKS * tick_seconds)
        self._known = SourceState(since=time.time())
        self._told_at = 0.0
        self._said: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def get(self) -> SourceState:
        """As this process last knew it."""
        return self._known

    def refresh(self, now: float) -> SourceState:
        """As the cluster knows it. Blocks."""
        with self._lock:
            self._known = self._merge(now)
            return self._known

    def note(self, verdicts: Mapping[str, Verdict | None], now: float) -> None:
        """What the answers of one refresh say, by kind of data. Blocks.

        None says nothing: what was well stays so, what was not can only be back by an answer.
        """
        if not verdicts:
            return
        with self._lock:
            before = self._merge(now)
            kinds = dict(before.kinds)
            for kind, verdict in verdicts.items():
                state = _next(kinds.get(kind), verdict, now)
                if state is not None:
                    kinds[kind] = state
            self._known = _summarize(before, kinds, now)
            if _is_news(before, self._known) or now - self._told_at >= TELL_SECONDS:
                self._tell(now)
            for kind in verdicts.keys() & kinds.keys():
                self._say(kind, before.kinds.get(kind), kinds[kind], now)

    def _merge(self, now: float) -> SourceState:
        """What the others know and what this process knows: of each kind, what is newer."""
        shared = self._read()
        known = self._known
        kinds = {
            kind: state
            for kind, state in (*known.kinds.items(), *shared.kinds.items())
            if now - state.seen_at < self._keep_seconds
        }
        for kind, state in known.kinds.items():
            if kind in kinds and state.seen_at > kinds[kind].seen_at:
                kinds[kind] = state
        return _summarize(shared if shared.kinds else known, kinds, now)

    def _read(self) -> SourceState:
        value = self._store.get_many([STORE_KEY]).get(STORE_KEY)
        try:
            return msgspec.json.decode(value, type=SourceState) if value else SourceState()
        except msgspec.DecodeError:
            return SourceState()  # of another release

    def _tell(self, now: float) -> None:
        self._told_at = now
        self._store.put(STORE_KEY, msgspec.json.encode(self._known), self._keep_seconds)

    def _say(self, kind: str, before: KindState | None, after: KindState, now: float) -> None:
        if before and (before.state, before.reason) == (after.state, after.reason):
            return
        name = kind.capitalize()
        if after.state == "ok":
            if before:
                logger.info("%s are back after %.0f s", name, now - before.since)
            return
        state, said_at = self._said.get(kind, ("", 0.0))
        if state == after.state and now - said_at < SAY_SECONDS:
            return
        self._said[kind] = (after.state, now)
        logger.warning(LINES[after.state], name, after.cause)


LINES = {
    "degraded": "%s are missing in part: %s",
    "paused": "%s are paused: %s",
    "down": "%s cannot be had: %s",
}


def _next(before: KindState | None, verdict: Verdict | None, now: float) -> KindState | None:
    if verdict is None:
        if before is None or before.state != "ok":
            return before
        return msgspec.structs.replace(before, seen_at=now)
    is_same = before is not None and before.state == verdict.state
    if before is not None and before.state != "ok" and verdict.reason == SourcePaused.reason:
        # That nobody asks is the consequence; why it began is what people must know.
        return msgspec.structs.replace(before, seen_at=now)
    since = before.since if before is not None and is_same else now
    return KindState(verdict.state, since, now, verdict.reason, verdict.cause)


def _summarize(before: SourceState, kinds: dict[str, KindState], now: float) -> SourceState:
    quotes = kinds.get("quotes")
    ailing = [state for state in kinds.values() if state.state != "ok"]
    state: State
    if quotes is not None and quotes.state in ("down", "paused"):
        state, reason = quotes.state, quotes.reason
    elif ailing:
        worst = quotes if quotes in ailing else min(ailing, key=lambda kind: kind.since)
        state, reason = "degraded", worst.reason if worst else ""
    else:
        state, reason = "ok", ""
    since = before.since if before.state == state and before.since else now
    return SourceState(state, since, reason, kinds)


def _is_news(before: SourceState, after: SourceState) -> bool:
    def shape(source: SourceState) -> object:
        return source.state, {k: (s.state, s.reason) for k, s in source.kinds.items()}

    return shape(before) != shape(after)


class ShownKind(msgspec.Struct, frozen=True):
    """One kind of data in /readyz."""

    state: State
    since: datetime
    reason: str | None


class ShownSource(msgspec.Struct, frozen=True):
    """The source in /readyz: informational, it does not change the status."""

    name: str
    simulated: bool
    state: State
    since: datetime
    reason: str | None
    kinds: dict[str, ShownKind]


def show(name: str, source: SourceState, *, is_simulated: bool) -> ShownSource:
    """For those who ask over HTTP: nothing of the cause, which may name hosts."""
    return ShownSource(
        name,
        is_simulated,
        source.state,
        source.since_at,
        source.reason or None,
        {
            kind: ShownKind(state.state, state.since_at, state.reason or None)
            for kind, state in sorted(source.kinds.items())
        },
    )
