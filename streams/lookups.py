"""Lookups in the database from the event loop: cached, in batches, in threads, never in doubt.

Errors: `DatabaseUnavailable` (nobody's fault who connects; trying again later helps), and of it
`LookupFailed` (the database is well, and the question is not: it will fail again).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from contextvars import Context
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, close_old_connections

from marketdata.executors import DaemonExecutor
from streams.identities import KEY, Identity

logger = logging.getLogger(__name__)

T = TypeVar("T")

POSITIVE_SECONDS = 30.0
NEGATIVE_SECONDS = 30.0
MAX_CACHED = 10_000
# Handshakes that arrive together are looked up together: a flood of wrong keys costs the database
# a bounded number of queries, whatever its size and wherever it comes from.
BATCH_AFTER_SECONDS = 0.02
MAX_BATCH = 500
MAX_WAITING = 5_000
DATABASE_SECONDS = 5.0
MAX_THREADS = 3
# Looked up while nobody comes, so that it is known what would become of who does. Nobody has it.
PROBE_TOKEN = KEY
PROBE_SECONDS = 5.0

# asyncio's timeouts are OSErrors.
DATABASE_ERRORS = (DatabaseError, InterfaceError, OSError)

Find = Callable[[Collection[str]], Mapping[str, Identity]]


class DatabaseUnavailable(Exception):
    """The database does not answer, and the cache does not know."""


class LookupFailed(DatabaseUnavailable):
    """Looking up went wrong for another reason than the database."""


class Lookups:
    """Bound to the event loop it is used on. `find` is blocking and runs in a thread."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._found: dict[str, tuple[Identity, float]] = {}
        self._unknown: dict[str, float] = {}
        self._waiting: dict[str, asyncio.Future[Identity | Exception | None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._executor = DaemonExecutor(MAX_THREADS, "auth-database")
        # Counts changes: what was read before one must not be remembered after it.
        self._changes = 0
        self._failures: dict[str, str] = {}
        self._asked_at = -math.inf
        self._shut_since: float | None = None

    def peek(self, token: str) -> Identity | None:
        """The identity, if the cache has it."""
        identity, found_at = self._found.get(token, (None, 0.0))
        return identity if identity and self._now() - found_at < POSITIVE_SECONDS else None

    def is_unknown(self, token: str) -> bool:
        """Whether the cache says that nobody has this token."""
        looked_at = self._unknown.get(token)
        return looked_at is not None and self._now() - looked_at < NEGATIVE_SECONDS

    async def get(self, token: str) -> Identity | None:
        """Whose token it is. Raises DatabaseUnavailable."""
        if identity := self.peek(token):
            return identity
        if self.is_unknown(token):
            return None
        answer = await asyncio.shield(self._wait_for(token))
        if isinstance(answer, Exception):
            raise DatabaseUnavailable(str(answer)) from answer
        return answer

    def identities(self) -> list[Identity]:
        """Those in the cache."""
        oldest = self._now() - POSITIVE_SECONDS
        self._found = {t: kept for t, kept in self._found.items() if kept[1] > oldest}
        return [identity for identity, _ in self._found.values()]

    def forget(self, identities: Iterable[Identity]) -> None:
        """Ask the database again for these, and for what was unknown."""
        self._changes += 1
        whos = {identity.who for identity in identities}
        self._found = {t: kept for t, kept in self._found.items() if kept[0].who not in whos}
        self._unknown.clear()

    def shut_seconds(self) -> float:
        """For how long nobody who comes could be looked up; 0: they can."""
        return 0.0 if self._shut_since is None else self._now() - self._shut_since

    async def probe(self) -> None:
        """Find out whether who comes could be looked up, if that was not seen lately."""
        if self._now() - self._asked_at >= PROBE_SECONDS:
            with contextlib.suppress(DatabaseUnavailable):
                await self._ask(lambda: self._find([PROBE_TOKEN]))

    async def _ask(self, call: Callable[[], T]) -> T:
        self._asked_at = self._now()
        try:
            answer = await self.in_thread(call, "who comes")
        except DatabaseUnavailable:
            if self._shut_since is None:
                self._shut_since = self._now()
            raise
        self._shut_since = None
        return answer

    async def in_thread(self, call: Callable[[], T], purpose: str) -> T:
        """What a blocking call that uses the database gives. Raises DatabaseUnavailable.

        The log says once for each purpose that it fails, and once that it does not any more.
        """
        try:
            async with asyncio.timeout(DATABASE_SECONDS):
                result = await asyncio.wrap_future(self._executor.submit(_with_database, call))
        except DATABASE_ERRORS as error:
            if self._begins_to_fail(purpose, error):
                logger.warning(
                    "The database cannot be asked (%s): %s", purpose, type(error).__name__
                )
            raise DatabaseUnavailable(type(error).__name__) from error
        except Exception as error:
            if self._begins_to_fail(purpose, error):
                logger.exception("Asking the database (%s) failed", purpose)
            raise LookupFailed(type(error).__name__) from error
        if self._failures.pop(purpose, ""):
            logger.warning("The database answers again (%s)", purpose)
        return result

    def _begins_to_fail(self, purpose: str, error: Exception) -> bool:
        """Whether this is another failure than the last one."""
        before = self._failures.get(purpose)
        self._failures[purpose] = type(error).__name__
        return before != self._failures[purpose]

    def _wait_for(self, token: str) -> asyncio.Future[Identity | Exception | None]:
        if token not in self._waiting:
            if len(self._waiting) >= MAX_WAITING:
                raise DatabaseUnavailable("too many handshakes wait for the database")
            self._waiting[token] = asyncio.get_running_loop().create_future()
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._look_up(), context=Context())
        return self._waiting[token]

    async def _look_up(self) -> None:
        while self._waiting:
            await asyncio.sleep(BATCH_AFTER_SECONDS)
            tokens = list(self._waiting)[:MAX_BATCH]
            changes = self._changes
            found: Mapping[str, Identity] = {}
            failure: Exception | None = None
            try:
                found = await self._ask(lambda tokens=tokens: self._find(tokens))  # type: ignore[misc]
            except DatabaseUnavailable as error:
                failure = error
            logger.debug("Looked up %d keys and sessions, found %d", len(tokens), len(found))
            for token in tokens:
                answer = self._waiting.pop(token)
                if not answer.done():
                    answer.set_result(failure or found.get(token))
            if not failure and changes == self._changes:
                self._remember(tokens, found)

    def _remember(self, tokens: Iterable[str], found: Mapping[str, Identity]) -> None:
        now = self._now()
        for token in tokens:
            self._found.pop(token, None)
            if identity := found.get(token):
                self._found[token] = (identity, now)
            else:
                self._unknown[token] = now
        for cache in (self._found, self._unknown):
            # Oldest first, as dicts are.
            for token in list(cache)[: max(0, len(cache) - MAX_CACHED)]:
                del cache[token]

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _with_database(call: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()
