"""The cookie and crumb that Yahoo wants to see: fetched once for the cluster, renewed once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future

import msgspec

from marketdata.clock import SYSTEM_CLOCK, Clock
from marketdata.deadlines import Deadline
from marketdata.errors import SourcePaused
from marketdata.executors import DaemonExecutor
from marketdata.sharing import MemoryStore, SharedStore

MAX_CRUMB_LENGTH = 64
# Nobody knows when a crumb expires; a refusal renews it long before this.
KEEP_SECONDS = 86_400.0
# Several requests, all of which may be slow: more than one tick's time.
FETCH_SECONDS = 12.0
# After so long a process that fetches is dead, and another one tries.
CLAIM_SECONDS = 15.0
POLL_SECONDS = 0.1


class Credentials(msgspec.Struct, frozen=True):
    """A crumb is good only together with its cookie, so the two travel together."""

    cookie: str
    crumb: str
    generation: int = 0
    fetched_at: float = 0.0

    def __repr__(self) -> str:
        return f"Credentials(generation={self.generation})"


class CredentialKeeper:
    """Holds the credentials of the cluster; those of one `name` are good for one another.

    `fetch` is called by one thread of one process at a time; those who ask meanwhile share
    what it gets: credentials, or, within the process, an error. It has more time than any of
    them may wait: what comes too late for one tick is there for the next.
    """

    def __init__(
        self,
        fetch: Callable[[Deadline], Credentials],
        store: SharedStore | None = None,
        clock: Clock = SYSTEM_CLOCK,
        name: str = "",
    ) -> None:
        self._fetch = fetch
        self._store = store or MemoryStore(clock)
        self._clock = clock
        self._key = f"credentials:{name}"
        self._executor = DaemonExecutor(1, "yahoo-credentials")
        self._lock = threading.Lock()
        self._current: Credentials | None = None
        self._flight: Future[Credentials] | None = None

    @property
    def current(self) -> Credentials | None:
        """What is held, or another process has shared, at this moment."""
        return self._current or self._load()

    def get(self, deadline: Deadline, refused_generation: int = 0) -> Credentials:
        """Credentials newer than those of `refused_generation`, fetched when there are none.

        Raises what `fetch` raises, SourcePaused while they are still being fetched, and
        DeadlineExceeded without any time to wait.
        """
        with self._lock:
            if self._current is not None and self._current.generation > refused_generation:
                return self._current
            seconds = deadline.require("a crumb")
            if self._flight is None:
                self._flight = self._executor.submit(self._fly, refused_generation)
            flight = self._flight
        try:
            return flight.result(timeout=seconds)
        except TimeoutError:
            raise SourcePaused("the crumb is still being fetched", "timeout") from None

    def _fly(self, refused_generation: int) -> Credentials:
        obtained: Credentials | None = None
        try:
            obtained = self._obtain(Deadline.after(FETCH_SECONDS), refused_generation)
        finally:
            with self._lock:
                self._current = obtained or self._current
                self._flight = None
        return obtained

    def _obtain(self, deadline: Deadline, refused_generation: int) -> Credentials:
        """The cluster's newer ones, waiting for whoever fetches them, else new ones."""
        claim = f"{self._key}:claim"
        while not self._store.claim(claim, CLAIM_SECONDS):
            deadline.require("a crumb that another process fetches")
            self._clock.sleep(POLL_SECONDS)
        try:
            shared = self._load()
            if shared is not None and shared.generation > refused_generation:
                return shared
            return self._renew(deadline, shared, refused_generation)
        finally:
            self._store.delete([claim])

    def _renew(
        self, deadline: Deadline, shared: Credentials | None, refused_generation: int
    ) -> Credentials:
        fetched = self._fetch(deadline)
        generation = max(refused_generation, shared.generation if shared else 0) + 1
        renewed = msgspec.structs.replace(
            fetched, generation=generation, fetched_at=self._clock.time()
        )
        self._store.put(self._key, msgspec.json.encode(renewed), KEEP_SECONDS)
        return renewed

    def _load(self) -> Credentials | None:
        value = self._store.get_many([self._key]).get(self._key)
        with contextlib.suppress(msgspec.DecodeError):  # another release wrote it
            return msgspec.json.decode(value, type=Credentials) if value else None
        return None


def is_crumb(text: str) -> bool:
    """Whether a text can be a crumb; Yahoo serves error texts with status 200, too."""
    if not 0 < len(text) <= MAX_CRUMB_LENGTH or not text.isascii() or not text.isprintable():
        return False
    return not any(mark in text for mark in "<{ ")
