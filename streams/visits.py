"""The live connections of this process: whose they are, and how to end them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from streams.control import Change
from streams.identities import Identity
from streams.protocol import CLOSE_DISCONNECTED, CLOSE_NOT_AUTHENTICATED
from streams.subscriptions import Endpoint

# In one line of the log.
MAX_NAMED = 10


class Visit:
    """One accepted handshake, until its connection ends. `end(code)` ends it."""

    __slots__ = ("end", "endpoint", "identity")

    def __init__(self, identity: Identity, endpoint: Endpoint, end: Callable[[int], None]) -> None:
        self.identity = identity
        self.endpoint = endpoint
        self.end = end


class Visits:
    """By identity, so that a change costs what it concerns."""

    def __init__(self) -> None:
        self._visits: dict[str, set[Visit]] = {}

    def __len__(self) -> int:
        return sum(len(visits) for visits in self._visits.values())

    def add(self, visit: Visit) -> None:
        self._visits.setdefault(visit.identity.who, set()).add(visit)

    def remove(self, visit: Visit) -> None:
        visits = self._visits.get(visit.identity.who, set())
        visits.discard(visit)
        if not visits:
            self._visits.pop(visit.identity.who, None)

    def identities(self) -> list[Identity]:
        """Whoever is connected."""
        return [next(iter(visits)).identity for visits in self._visits.values()]

    def count(self) -> dict[str, int]:
        """Connections by identity; those of one user's sessions together."""
        numbers: Counter[str] = Counter()
        for visits in self._visits.values():
            identity = next(iter(visits)).identity
            numbers[identity.quota.bucket if identity.quota else identity.who] += len(visits)
        return dict(numbers)

    def apply(self, checked: Collection[Identity], valid: Mapping[str, Identity]) -> Counter[str]:
        """End the visits of those of the checked that are not valid any more; how many of whom."""
        ended: Counter[str] = Counter()
        for who in {identity.who for identity in checked}:
            for visit in tuple(self._visits.get(who, ())):
                identity = valid.get(who)
                if identity is None or visit.endpoint not in identity.endpoints:
                    self._end(visit, CLOSE_NOT_AUTHENTICATED)
                    ended[visit.identity.name] += 1
                else:
                    visit.identity = identity
        return ended

    def disconnect(self, identities: Collection[Identity]) -> Counter[str]:
        """End the visits of these, who may come back; how many of whom."""
        visits = [v for i in identities for v in tuple(self._visits.get(i.who, ()))]
        for visit in visits:
            self._end(visit, CLOSE_DISCONNECTED)
        return Counter(visit.identity.name for visit in visits)

    def end_expired(self, now: datetime) -> Counter[str]:
        """End the visits whose key has expired; how many of whom."""
        expired = [i for i in self.identities() if i.expires_at and i.expires_at <= now]
        return self.apply(expired, {})

    def _end(self, visit: Visit, code: int) -> None:
        self.remove(visit)
        visit.end(code)


def is_concerned(identity: Identity, change: Change) -> bool:
    """Whether somebody must be looked at again."""
    return (
        identity.key_id in change.keys
        or identity.user_id in change.users
        or identity.who in change.sessions
        or identity.key_id in change.disconnect
    )


def describe_ended(ended: Counter[str]) -> str:
    """Like "3 of key fq_0123abcd, 1 of user 5"; of so many at most that a line stays one."""
    named = ", ".join(f"{number} of {name}" for name, number in ended.most_common(MAX_NAMED))
    others = sum(ended.values()) - sum(number for _, number in ended.most_common(MAX_NAMED))
    return f"{named}, {others} of others" if others else named
