"""The cookie and crumb that Yahoo wants to see: fetched once for the cluster, renewed once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future

import msgspec

from marketdata.clock import SYSTEM_CLOCK, Clock
from marketdata.deadlines import Deadline
from marketdata.errors import DeadlineExceeded
from marketdata.sharing import MemoryStore, SharedStore

MAX_CRUMB_LENGTH = 64
# Nobody knows when a crumb expires; a refusal renews it long before this.
KEEP_SECONDS = 86_400.0
# How long a process that fetches may take before another one tries.
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
    what it gets: credentials, or, within the process, an error.
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
        self._lock = threading.Lock()
        self._current: Credentials | None = None
        self._flight: Future[Credentials] | None = None

    @property
    def current(self) -> Credentials | None:
        """What is held, or another process has shared, at this moment."""
        return self._current or self._load()

    def get(self, deadline: Deadline, refused_generation: int = 0) -> Credentials:
        """Credentials newer than those of `refused_generation`, fetched when there are none.

        Raises what `fetch` raises, and DeadlineExceeded.
        """
        with self._lock:
            if self._current is not None and self._current.generation > refused_generation:
                return self._current
            flight = self._flight
            is_mine = flight is None
            if flight is None:
                flight = self._flight = Future()
        if is_mine:
            self._land(flight, deadline, refused_generation)
        try:
            return flight.result(timeout=deadline.remaining())
        except TimeoutError:
            raise DeadlineExceeded("no time left for a crumb") from None

    def _land(
        self, flight: Future[Credentials], deadline: Deadline, refused_generation: int
    ) -> None:
        try:
            obtained = self._obtain(deadline, refused_generation)
        except BaseException as error:  # noqa: BLE001 - handed to everyone who waits
            with self._lock:
                self._flight = None
            flight.set_exception(error)
            return
        with self._lock:
            self._current = obtained
            self._flight = None
        flight.set_result(obtained)

    def _obtain(self, deadline: Deadline, refused_generation: int) -> Credentials:
        """The cluster's newer ones, waiting for whoever fetches them, else new ones."""
        claim = f"{self._key}:claim"
        while True:
            shared = self._load()
            if shared is not None and shared.generation > refused_generation:
                return shared
            if self._store.claim(claim, CLAIM_SECONDS):
                break
            deadline.require("a crumb that another process fetches")
            self._clock.sleep(POLL_SECONDS)
        try:
            return self._renew(deadline, refused_generation)
        finally:
            self._store.delete([claim])

    def _renew(self, deadline: Deadline, refused_generation: int) -> Credentials:
        fetched = self._fetch(deadline)
        shared = self._load()
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
