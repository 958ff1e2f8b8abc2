"""The guard around every call: breakers first, then the call, then at most two retries.

Only what may be better in a moment is retried, never past the deadline, never while probing,
and every retry is paid for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from marketdata.clock import Clock
from marketdata.deadlines import Deadline
from marketdata.errors import (
    DeadlineExceeded,
    NotFound,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    SourcePaused,
    SourceRefuses,
)
from marketdata.providers.yahoo.breakers import FIRST_GROUPS, Breakers, Permit
from marketdata.providers.yahoo.budget import Budget
from marketdata.providers.yahoo.key_pauses import KeyPauses

T = TypeVar("T")

MAX_RETRIES = 2
RETRY_SECONDS = (0.2, 1.0)
# With less time than this, that no answer came is no fault of Yahoo's, and no retry would help.
FAIR_SECONDS = 0.4


class Guard:
    """Makes calls as politely as upstream limits want it, from any thread."""

    def __init__(self, breakers: Breakers, budget: Budget, clock: Clock) -> None:
        self.breakers = breakers
        self.budget = budget
        self._clock = clock
        self._keys = KeyPauses(clock)

    def call_for(
        self,
        group: str,
        key: str,
        fetch: Callable[[], T],
        deadline: Deadline,
        retries: int = MAX_RETRIES,
    ) -> T:
        """The same for one of many keys of a group: one that keeps failing pauses alone."""
        try:
            self._keys.check(group, key)
        except SourcePaused:
            self.budget.give_back(1)
            raise
        try:
            result = self.call(
                group, fetch, deadline, 0 if self._keys.has_failed(group, key) else retries, key
            )
        except (SourcePaused, RateLimited):
            raise
        except ProviderError as error:
            if isinstance(error, NotFound):
                self._keys.succeeded(group, key)
            else:
                self._keys.failed(group, key, error.reason)
            raise
        self._keys.succeeded(group, key)
        return result

    def call(
        self,
        group: str,
        fetch: Callable[[], T],
        deadline: Deadline,
        retries: int = MAX_RETRIES,
        key: str = "",
    ) -> T:
        """What `fetch` gives; its first call has been paid for. Raises ProviderError."""
        while True:
            permit = self.breakers.enter(group, key)
            try:
                return self._attempt(permit, fetch, deadline)
            except ProviderError as error:
                if permit.probes or not retries or not _may_be_transient(error):
                    raise
                if not self._wait_for_retry(group, deadline):
                    raise
            retries -= 1

    def _attempt(self, permit: Permit, fetch: Callable[[], T], deadline: Deadline) -> T:
        is_fair = deadline.remaining() >= FAIR_SECONDS
        try:
            result = fetch()
        except NotFound:
            self.breakers.succeeded(permit)
            raise
        except SourcePaused:
            self.breakers.released(permit)
            raise
        except DeadlineExceeded as error:
            if is_fair or permit.probes:
                self.breakers.failed(permit, error)
            raise
        except Exception as error:
            self.breakers.failed(permit, error)
            raise
        self.breakers.succeeded(permit)
        return result

    def _wait_for_retry(self, group: str, deadline: Deadline) -> bool:
        pause = self._clock.jitter(*RETRY_SECONDS)
        if deadline.remaining() < pause + FAIR_SECONDS:
            return False
        if not self.budget.take_again(1, quotes_first=group not in FIRST_GROUPS):
            return False
        self._clock.sleep(pause)
        return True


def _may_be_transient(error: ProviderError) -> bool:
    if isinstance(error, RateLimited | SourcePaused | SourceRefuses | DeadlineExceeded):
        return False
    return isinstance(error, ProviderUnavailable)
