"""The cookie and crumb that Yahoo wants to see: fetched once for all threads, renewed once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

import msgspec

from marketdata.deadlines import Deadline
from marketdata.errors import DeadlineExceeded

MAX_CRUMB_LENGTH = 64


class Credentials(msgspec.Struct, frozen=True):
    """A crumb is good only together with its cookie, so the two travel together."""

    cookie: str
    crumb: str
    generation: int = 0

    def __repr__(self) -> str:
        return f"Credentials(generation={self.generation})"


class CredentialKeeper:
    """Holds the credentials of the process.

    `fetch` is called by one thread at a time; those who ask meanwhile share what it gets, be
    it credentials or an error.
    """

    def __init__(self, fetch: Callable[[Deadline], Credentials]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._current: Credentials | None = None
        self._flight: Future[Credentials] | None = None

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
            self._land(flight, deadline)
        try:
            return flight.result(timeout=deadline.remaining())
        except TimeoutError:
            raise DeadlineExceeded("no time left for a crumb") from None

    def _land(self, flight: Future[Credentials], deadline: Deadline) -> None:
        try:
            fetched = self._fetch(deadline)
        except BaseException as error:  # noqa: BLE001 - handed to everyone who waits
            with self._lock:
                self._flight = None
            flight.set_exception(error)
            return
        with self._lock:
            generation = 1 if self._current is None else self._current.generation + 1
            self._current = msgspec.structs.replace(fetched, generation=generation)
            self._flight = None
        flight.set_result(self._current)


def is_crumb(text: str) -> bool:
    """Whether a text can be a crumb; Yahoo serves error texts with status 200, too."""
    if not 0 < len(text) <= MAX_CRUMB_LENGTH or not text.isascii() or not text.isprintable():
        return False
    return not any(mark in text for mark in "<{ ")
