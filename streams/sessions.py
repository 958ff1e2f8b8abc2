"""Whose a session is, as Django's pages read it; but many at once, and nothing changes. Blocking.

Not by way of `django.contrib.auth.get_user`, which asks the database twice for each session, and
replaces or deletes a session whose hash is old: a page sends the browser a new cookie then, a
handshake cannot.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from importlib import import_module
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
    load_backend,
)
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends import cached_db, db
from django.core.exceptions import ValidationError
from django.utils.crypto import constant_time_compare

# SQLite takes no more than this many values in one query on old builds.
BATCH: Final = 500


class _Claim(NamedTuple):
    """What a session says about its user."""

    user_id: Any
    backend: str
    auth_hash: str


def find_users(session_keys: Collection[str], now: datetime) -> dict[str, Any]:
    """The user of each of the sessions that a page would find logged in."""
    claims = {}
    for key, data in _load(session_keys, now):
        if claim := _parse_claim(data):
            claims[key] = claim
    users = _find_claimed(set(claims.values()))
    return {key: users[claim] for key, claim in claims.items() if claim in users}


def rows(query: Any, lookup: str, values: Collection[Any]) -> Iterable[Any]:
    """What a query finds for so many values, in as many queries as that needs."""
    ordered = list(values)
    for start in range(0, len(ordered), BATCH):
        yield from query.filter(**{lookup: ordered[start : start + BATCH]})


def _load(session_keys: Collection[str], now: datetime) -> Iterable[tuple[str, Mapping[str, Any]]]:
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    # Those that keep rows, unless they look for them in a way of their own.
    if getattr(store, "load", None) in (db.SessionStore.load, cached_db.SessionStore.load):
        reader = store()
        present = store.get_model_class().objects.filter(expire_date__gt=now)
        for row in rows(present, "session_key__in", session_keys):
            yield row.session_key, reader.decode(row.session_data)
    else:
        for key in session_keys:
            yield key, store(key).load()


def _parse_claim(data: Mapping[str, Any]) -> _Claim | None:
    backend = str(data.get(BACKEND_SESSION_KEY))
    if SESSION_KEY not in data or backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        user_id = get_user_model()._meta.pk.to_python(data[SESSION_KEY])
    except ValidationError:
        return None  # of a user model that the project once had
    return _Claim(user_id, backend, str(data.get(HASH_SESSION_KEY, "")))


def _find_claimed(claims: Collection[_Claim]) -> dict[_Claim, Any]:
    found = {}
    for path in {claim.backend for claim in claims}:
        mine = [claim for claim in claims if claim.backend == path]
        users = _get_users(load_backend(path), {claim.user_id for claim in mine})
        for claim in mine:
            user = users.get(claim.user_id)
            if user is not None and _is_verified(user, claim.auth_hash):
                found[claim] = user
    return found


def _get_users(backend: Any, ids: Collection[Any]) -> dict[Any, Any]:
    """Those who may log in by this backend; it says who that is."""
    if getattr(type(backend), "get_user", None) is not ModelBackend.get_user:
        users = ((pk, backend.get_user(pk)) for pk in ids)
        return {pk: user for pk, user in users if user is not None}
    present = rows(get_user_model()._default_manager.all(), "pk__in", ids)
    return {user.pk: user for user in present if backend.user_can_authenticate(user)}


def _is_verified(user: Any, auth_hash: str) -> bool:
    """Whether the session is from after the last change of the user's password."""
    if not hasattr(user, "get_session_auth_hash"):
        return True
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(auth_hash, current) for current in hashes)
