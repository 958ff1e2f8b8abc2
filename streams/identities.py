"""Who somebody is: found in the database from a key's digest or a session; blocking.

An owner must be active, a session one that Django's pages accept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from django.contrib.auth.models import AnonymousUser

from streams.conf import settings
from streams.keys import is_same
from streams.limits import Quota
from streams.models import ACTIVE, ApiKey, every_endpoint
from streams.sessions import BATCH, find_users, rows

KEY, SESSION, ADMIN = "key:", "session:", "admin"


class Identity(msgspec.Struct, frozen=True, eq=False):
    """Somebody who may connect. `who` tells them apart; without a quota they are unlimited.

    `user_id` is a text, because a user model may have any kind of primary key.
    `name` is for the log: the prefix of a key, the number of a user.
    """

    who: str
    user: Any
    endpoints: frozenset[str]
    max_symbols: int
    quota: Quota | None = None
    expires_at: datetime | None = None
    key_id: int | None = None
    user_id: str = ""
    session_key: str = ""
    name: str = ""

    def __repr__(self) -> str:
        return f"Identity({self.who})"


def session_name(session_key: str) -> str:
    """What stands for a session wherever others may read it."""
    return "session." + hashlib.sha256(session_key.encode("utf-8", "replace")).hexdigest()[:32]


def admin_identity() -> Identity:
    """Whoever holds ADMIN_API_KEY."""
    return Identity(
        ADMIN,
        AnonymousUser(),
        frozenset(every_endpoint()),
        settings.MAX_SYMBOLS_PER_CONNECTION,
        name="ADMIN_API_KEY",
    )


def find(tokens: Collection[str], now: datetime) -> dict[str, Identity]:
    """The identities behind `key:DIGEST` and `session:SESSION_KEY`; unknown ones are left out."""
    digests = [t.removeprefix(KEY) for t in tokens if t.startswith(KEY)]
    sessions = [t.removeprefix(SESSION) for t in tokens if t.startswith(SESSION)]
    return {**_find_keys(digests, now), **_find_sessions(sessions, now)}


def recheck(identities: Collection[Identity], now: datetime) -> dict[str, Identity]:
    """By `who`, those of the identities that are still valid, as they are now."""
    key_ids = {identity.key_id for identity in identities if identity.key_id is not None}
    found = rows(ApiKey.objects.select_related("owner"), "pk__in", key_ids)
    keys = [_key_identity(row) for row in found if row.state_at(now) == ACTIVE]
    sessions = [identity for identity in identities if identity.session_key]
    return {i.who: i for i in (*keys, *_still_logged_in(sessions, now))}


def note_use(key_ids: Collection[int], now: datetime) -> None:
    """Remember that these keys were used."""
    ids = sorted(key_ids)
    for start in range(0, len(ids), BATCH):
        ApiKey.objects.filter(pk__in=ids[start : start + BATCH]).update(last_used_at=now)


def _find_keys(digests: Collection[str], now: datetime) -> dict[str, Identity]:
    found = rows(ApiKey.objects.select_related("owner"), "digest__in", digests)
    wanted = {digest: digest for digest in digests}
    return {
        KEY + row.digest: _key_identity(row)
        for row in found
        if is_same(row.digest, wanted.get(row.digest, "")) and row.state_at(now) == ACTIVE
    }


def _key_identity(row: ApiKey) -> Identity:
    return Identity(
        who=row.bucket,
        name=f"key {row.prefix}",
        user=row.owner or AnonymousUser(),
        endpoints=frozenset(row.endpoints),
        max_symbols=min(row.max_symbols, settings.MAX_SYMBOLS_PER_CONNECTION),
        quota=Quota(row.bucket, row.max_connections, row.connections_per_day),
        expires_at=row.expires_at,
        key_id=row.pk,
        user_id="" if row.owner_id is None else str(row.owner_id),
    )


def _find_sessions(session_keys: Collection[str], now: datetime) -> dict[str, Identity]:
    users = find_users(session_keys, now)
    return {SESSION + key: _session_identity(key, user) for key, user in users.items()}


def _session_identity(session_key: str, user: Any) -> Identity:
    bucket = f"user.{user.pk}"
    return Identity(
        who=session_name(session_key),
        name=f"user {user.pk}",
        user=user,
        endpoints=frozenset(every_endpoint()),
        max_symbols=settings.MAX_SYMBOLS_PER_CONNECTION,
        quota=Quota(bucket, settings.MAX_CONNECTIONS_PER_KEY, settings.APP_RATE_LIMIT_PER_DAY),
        user_id=str(user.pk),
        session_key=session_key,
    )


def _still_logged_in(identities: Collection[Identity], now: datetime) -> list[Identity]:
    users = find_users({identity.session_key for identity in identities}, now)
    return [
        identity
        for identity in identities
        if identity.session_key in users and str(users[identity.session_key].pk) == identity.user_id
    ]
