"""Circuit breakers: a failing part of Yahoo is left alone for a while, then asked once.

One breaker for each group of endpoints and one for all of them, which a 429 opens. What is open
is known to the whole cluster, and so is who sends the one probe that may close it again.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Literal

import msgspec

from marketdata.clock import Clock
from marketdata.errors import ProviderError, RateLimited, Reason, SourcePaused, SourceRefuses
from marketdata.sharing import SharedStore

FAILURES_TO_OPEN = 5
FAILURE_WINDOW_SECONDS = 30.0
# One symbol that Yahoo chokes on must not cost the others theirs: of one key no more count.
FAILURES_OF_A_KEY = 3
# A hiccup should cost no more than it lasts, so the first probe comes soon. Pauses double up to
# the longest, which is longer where Yahoo itself wants to be left alone.
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 30.0
LONGEST_REFUSAL_SECONDS = 300.0
LONGEST_LIMIT_SECONDS = 900.0
MAX_RETRY_AFTER_SECONDS = 3600.0
# Who probes whether a limit is over: those whom everything waits for. Others only if these do not.
FIRST_GROUPS = ("quotes", "new symbols", "credentials")
OTHERS_WAIT_SECONDS = 5.0
# How long a probe may be under way before another process may send one.
PROBE_SECONDS = 15.0
ALL = "all"
UNLIMITED = 1_000_000

State = Literal["closed", "open", "half-open"]


class Pause(msgspec.Struct, frozen=True):
    """Nothing is asked before `until` (Unix seconds); one probe may be, from then on.

    `reason` is that of the failure that opened it.

    After a lifted pause everything is asked again; a limit that returns soon is longer.
    """

    until: float
    seconds: float
    is_lifted: bool = False
    reason: Reason = "paused"


class Permit(msgspec.Struct, frozen=True):
    """The right to one call; `probes` are the breakers that its outcome closes or opens.

    `key` is what is asked for, where other calls of the group ask for something else.
    """

    group: str
    probes: tuple[str, ...] = ()
    key: str = ""


class Breakers:
    """The breakers of the cluster, as this process sees them."""

    def __init__(self, store: SharedStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._failures: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
        self._lock = threading.Lock()
        self.outcomes: Counter[tuple[str, str]] = Counter()

    def room(self, group: str) -> int:
        """How many calls are allowed at this moment: none, one probe, or any number."""
        states = [self._state_for(group, *item) for item in self._pauses(group).items()]
        if "open" in states:
            return 0
        return 1 if "half-open" in states else UNLIMITED

    def enter(self, group: str, key: str = "") -> Permit:
        """Permission for one call. Raises SourcePaused."""
        pauses = self._pauses(group)
        states = {name: self._state_for(group, name, pause) for name, pause in pauses.items()}
        for name, state in states.items():
            if state == "open":
                raise SourcePaused(self._why(name, pauses[name]), pauses[name].reason)
        probes: list[str] = []
        for name in (name for name, state in states.items() if state == "half-open"):
            if not self._store.claim(_probe_key(name), PROBE_SECONDS):
                self._store.delete(_probe_key(probe) for probe in probes)
                why = f"another call is trying whether {name} is back"
                raise SourcePaused(why, pauses[name].reason)
            probes.append(name)
        return Permit(group, tuple(probes), key)

    def succeeded(self, permit: Permit) -> None:
        """Yahoo answered: whatever was probed is closed again."""
        self._count(permit, "ok")
        with self._lock:
            self._failures.pop(permit.group, None)
        for name in permit.probes:
            self._lift(name)

    def released(self, permit: Permit) -> None:
        """The call was not made after all."""
        self._store.delete(_probe_key(name) for name in permit.probes)

    def failed(self, permit: Permit, error: Exception) -> None:
        """The call failed in a way that is the source's fault."""
        self._count(permit, type(error).__name__ if isinstance(error, ProviderError) else "bug")
        if isinstance(error, RateLimited):
            self._open(ALL, LONGEST_LIMIT_SECONDS, error, error.retry_after_seconds)
        elif ALL in permit.probes:
            # Bad, but no 429: the limit is over.
            self._lift(ALL)
        if permit.group in permit.probes or self._is_one_too_many(permit, error):
            refuses = isinstance(error, SourceRefuses)
            longest = LONGEST_REFUSAL_SECONDS if refuses else LONGEST_PAUSE_SECONDS
            self._open(permit.group, longest, error)

    def states(self, groups: tuple[str, ...]) -> Mapping[str, tuple[State, float]]:
        """State and, unless closed, when a probe may be sent (Unix seconds), by breaker."""
        pauses = self._read((ALL, *groups))
        return {
            name: (self._state(pauses[name]), pauses[name].until)
            if name in pauses
            else ("closed", 0.0)
            for name in (ALL, *groups)
        }

    def paused(self, group: str, what: str) -> SourcePaused:
        """Why `what` is not asked for: to be raised, or handed in."""
        pauses = self._pauses(group)
        states = {name: self._state(pause) for name, pause in pauses.items()}
        reasons = [pauses[name].reason for name, state in states.items() if state != "closed"]
        return SourcePaused(f"{what}: not asked after failures", *reasons[:1])

    def _open(
        self, name: str, longest: float, error: Exception, retry_after: float | None = None
    ) -> None:
        previous = self._read((name,)).get(name)
        if previous and self._state(previous) == "open":
            return  # by another call, or another process, of the same moment
        seconds = min(longest, 2 * previous.seconds) if previous else FIRST_PAUSE_SECONDS
        wait = seconds
        if retry_after is not None:
            # The source says when; believed the first time, and after that only if it is later.
            retry_after = min(max(retry_after, 1.0), MAX_RETRY_AFTER_SECONDS)
            wait = max(retry_after, seconds) if previous else retry_after
        reason = error.reason if isinstance(error, ProviderError) else "paused"
        pause = Pause(self._clock.time() + wait, seconds, reason=reason)
        self._store.put(_pause_key(name), msgspec.json.encode(pause), wait + longest)
        self._store.delete([_probe_key(name)])

    def _lift(self, name: str) -> None:
        previous = self._read((name,)).get(name)
        if previous and name != ALL:
            self._store.delete([_pause_key(name)])
        elif previous:
            lifted = msgspec.structs.replace(previous, is_lifted=True)
            self._store.put(_pause_key(name), msgspec.json.encode(lifted), previous.seconds)
        self._store.delete([_probe_key(name)])

    def _is_one_too_many(self, permit: Permit, error: Exception) -> bool:
        if isinstance(error, RateLimited):  # the breaker of all is open then
            return False
        since = self._clock.time() - FAILURE_WINDOW_SECONDS
        with self._lock:
            recent = [(at, key) for at, key in self._failures[permit.group] if at > since]
            of_key = sum(key == permit.key for _, key in recent)
            if not permit.key or of_key < FAILURES_OF_A_KEY:
                recent.append((self._clock.time(), permit.key))
            self._failures[permit.group] = recent
            if len(recent) < FAILURES_TO_OPEN:
                return False
            del self._failures[permit.group]
            return True

    def _pauses(self, group: str) -> dict[str, Pause]:
        return self._read((ALL, group))

    def _read(self, names: tuple[str, ...]) -> dict[str, Pause]:
        values = self._store.get_many(_pause_key(name) for name in names)
        return {
            name: msgspec.json.decode(values[_pause_key(name)], type=Pause)
            for name in names
            if _pause_key(name) in values
        }

    def _state(self, pause: Pause) -> State:
        if pause.is_lifted:
            return "closed"
        return "open" if self._clock.time() < pause.until else "half-open"

    def _state_for(self, group: str, name: str, pause: Pause) -> State:
        """Its state for a group: quotes go first when a limit may be over."""
        state = self._state(pause)
        is_early = self._clock.time() < pause.until + OTHERS_WAIT_SECONDS
        is_others_turn = name != ALL or group in FIRST_GROUPS or not is_early
        return state if state != "half-open" or is_others_turn else "open"

    def _why(self, name: str, pause: Pause) -> str:
        seconds = max(0.0, pause.until - self._clock.time())
        reason = "too many requests" if name == ALL else f"{name} failed too often"
        return f"not asked for {seconds:.0f} s: {reason}"

    def _count(self, permit: Permit, outcome: str) -> None:
        with self._lock:
            self.outcomes[permit.group, outcome] += 1


def _pause_key(name: str) -> str:
    return f"pause:{name}"


def _probe_key(name: str) -> str:
    return f"probe:{name}"
