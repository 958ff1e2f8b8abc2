"""Time limits without a timer each: lists in order of age, looked at once a second."""

import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadlines(Generic[T]):
    """Things that all have the same time; `expire` is called for one that takes longer."""

    def __init__(self, seconds: float, expire: Callable[[T], None]) -> None:
        """Less than 0 seconds is no limit."""
        self._seconds = seconds
        self._expire = expire
        self._since: dict[T, float] = {}

    def __len__(self) -> int:
        return len(self._since)

    def __contains__(self, thing: T) -> bool:
        return thing in self._since

    def __iter__(self) -> Iterator[T]:
        """A copy's, so that things may come and go meanwhile."""
        return iter(list(self._since))

    def add(self, thing: T) -> None:
        """Its time begins, unless it has begun already."""
        self._since.setdefault(thing, time.monotonic())

    def discard(self, thing: T) -> None:
        self._since.pop(thing, None)

    def check(self) -> None:
        if self._seconds < 0:
            return
        oldest_allowed = time.monotonic() - self._seconds
        while self._since:
            since = next(iter(self._since.values()))
            if since > oldest_allowed:
                return
            self.expire_oldest()

    def expire_oldest(self) -> None:
        """Whatever has waited longest, if anything does, is late now."""
        if self._since:
            thing = next(iter(self._since))
            del self._since[thing]
            self._expire(thing)
