"""The gate of one process: lets handshakes in, and puts out who may not stay.

Errors: `Refused` (carries the HTTP answer).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection
from contextvars import Context
from datetime import UTC, datetime
from typing import Any

import msgspec
from channels.layers import BaseChannelLayer

from streams.addresses import bucket_of
from streams.cadence import Cadence
from streams.control import CONTROL_GROUP, parse_change
from streams.ears import Ears
from streams.identification import Identifier, Rules
from streams.identities import ADMIN, Identity, find, note_use, recheck
from streams.limits import Limits, OverLimit, Usage
from streams.lookups import DatabaseUnavailable, LookupFailed, Lookups
from streams.refusals import Refused
from streams.subscriptions import Endpoint
from streams.visits import Visit, Visits, describe_ended, is_concerned

logger = logging.getLogger(__name__)

# Changes are announced; this finds those whose announcement was lost, and keys that expire.
RECHECK_SECONDS = 1.5
MAX_RECHECKED = 1_000
RENEW_BEATS = 3


class Gate:
    """Bound to the event loop it is first used on."""

    def __init__(self, layer: BaseChannelLayer, limits: Limits, rules: Rules) -> None:
        self.limits = limits
        self._lookups = Lookups(lambda tokens: find(tokens, datetime.now(UTC)))
        self._identifier = Identifier(self._lookups, limits, rules)
        self._visits = Visits()
        self._used: set[int] = set()
        self._ears = Ears(layer, self._hear)
        self._is_open = False
        self._beat = Cadence(RECHECK_SECONDS, self._look)
        self._beats = 0
        self._next_checked = 0
        self._blind_since: float | None = None
        self._rechecks: set[asyncio.Task[None]] = set()

    # --- Handshakes ---------------------------------------------------------------------

    async def enter(
        self,
        scope: dict[str, Any],
        endpoint: Endpoint,
        address: str | None,
        end: Callable[[int], None],
    ) -> tuple[Visit, Usage | None]:
        """Let in whoever this is, until `leave`; `end(code)` is called when they must go.

        The usage is that of a key or user; None: unlimited. Raises Refused.
        """
        await self._open()
        name = ""
        try:
            identity = await self._identifier.identify(scope, bucket_of(address))
            name = identity.name
            if endpoint not in identity.endpoints:
                message = f"This key is not for /{endpoint}."
                raise Refused(403, "endpoint_not_allowed", message, detail=name)
            usage = await self.limits.enter(identity.quota) if identity.quota else None
        except OverLimit as error:
            raise Refused(429, error.code, str(error), error.retry_seconds, name) from error
        except DatabaseUnavailable as error:
            message = "Keys cannot be checked at the moment."
            raise Refused(503, "unavailable", message, RECHECK_SECONDS) from error
        visit = Visit(identity, endpoint, end)
        self._visits.add(visit)
        if identity.key_id is not None:
            self._used.add(identity.key_id)
        self._beat.start()
        return visit, usage

    async def leave(self, visit: Visit) -> None:
        """The end of an `enter`."""
        self._visits.remove(visit)
        if visit.identity.quota:
            await self.limits.leave(visit.identity.quota.bucket)

    def count_visits(self) -> dict[str, int]:
        """How many connections each key, user or session has in this process."""
        return self._visits.count()

    def blind_seconds(self) -> float:
        """For how long nobody could look whether those who are in may stay; 0: it is looked."""
        return 0.0 if self._blind_since is None else time.monotonic() - self._blind_since

    def shut_seconds(self) -> float:
        """For how long no key and no session of those who come could be looked up; 0: they can."""
        return self._lookups.shut_seconds()

    async def probe(self) -> None:
        """See whether they can be, if nobody came lately."""
        await self._lookups.probe()

    # --- Who is in ----------------------------------------------------------------------

    async def _open(self) -> None:
        if not self._is_open:
            # Before anybody is let in: no change can be missed.
            await self._ears.open(CONTROL_GROUP)
            self._is_open = True

    def _hear(self, group: str, message: dict[str, Any]) -> None:
        try:
            change = parse_change(message)
        except msgspec.ValidationError:
            logger.warning("A change of who may connect cannot be read; a recheck finds it")
            return
        concerned = [i for i in self._known() if is_concerned(i, change)]
        self._lookups.forget(concerned)
        # What the change says itself, the database need not be asked.
        self._say_ended(self._visits.apply([i for i in concerned if i.who in change.sessions], {}))
        disconnected = [i for i in concerned if i.key_id in change.disconnect]
        if ended := self._visits.disconnect(disconnected):
            logger.info("Connections ended by an administrator: %s", describe_ended(ended))
        task = asyncio.create_task(self._recheck(concerned, are_changed=True), context=Context())
        self._rechecks.add(task)
        task.add_done_callback(self._rechecks.discard)

    def _known(self) -> list[Identity]:
        known = {i.who: i for i in (*self._lookups.identities(), *self._visits.identities())}
        return [identity for who, identity in known.items() if who != ADMIN]

    async def _look(self) -> bool:
        self._beats += 1
        self._say_ended(self._visits.end_expired(datetime.now(UTC)))
        await self._note_use()
        await self._recheck(self._next())
        if self._beats % RENEW_BEATS == 0:
            await self.limits.renew()
        goes_on = bool(self._visits or self._used)
        if not goes_on:
            self._blind_since = None  # there is nobody to look at
        return goes_on

    def _next(self) -> list[Identity]:
        """Those whose turn it is: so many at a time that the database does not notice."""
        known = self._known()
        if self._next_checked >= len(known):
            self._next_checked = 0
        first = self._next_checked
        self._next_checked += MAX_RECHECKED
        return known[first : first + MAX_RECHECKED]

    async def _recheck(
        self, identities: Collection[Identity], *, are_changed: bool = False
    ) -> None:
        if not identities:
            return
        now = datetime.now(UTC)
        try:
            valid = await self._lookups.in_thread(lambda: recheck(identities, now), "who may stay")
        except DatabaseUnavailable as error:
            self._cannot_look(identities, error, are_changed)
            return
        self._blind_since = None
        self._lookups.forget([i for i in identities if valid.get(i.who) is None])
        self._say_ended(self._visits.apply(identities, valid))

    def _cannot_look(
        self, identities: Collection[Identity], error: DatabaseUnavailable, are_changed: bool
    ) -> None:
        """Who is in stays in until it is known better; but not who may have been put out."""
        if self._blind_since is None:
            self._blind_since = time.monotonic()
        if are_changed and (ended := self._visits.disconnect(identities)):
            logger.warning(
                "Connections ended, because a change of theirs cannot be looked at: %s",
                describe_ended(ended),
            )
        if isinstance(error, LookupFailed):
            # What the cache says of them would not be corrected.
            self._lookups.forget(identities)

    async def _note_use(self) -> None:
        used, self._used = self._used, set()
        if not used:
            return
        now = datetime.now(UTC)
        try:
            await self._lookups.in_thread(lambda: note_use(used, now), "when keys were used")
        except DatabaseUnavailable:
            self._used |= used

    def _say_ended(self, ended: Counter[str]) -> None:
        if ended:
            logger.info(
                "Connections ended, whose keys or sessions are not valid any more: %s",
                describe_ended(ended),
            )
