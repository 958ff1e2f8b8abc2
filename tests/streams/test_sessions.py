"""Whose a session is: what Django's pages say, in few queries, and without touching the session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from streams.sessions import find_users

pytestmark = pytest.mark.django_db

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
ANY_USER_BACKEND = "django.contrib.auth.backends.AllowAllUsersModelBackend"
OWN_BACKEND = f"{__name__}.OwnBackend"
BACKENDS = [MODEL_BACKEND, ANY_USER_BACKEND, OWN_BACKEND]


class OwnBackend(ModelBackend):
    """Nobody whose name begins with an x."""

    def get_user(self, user_id: Any) -> Any:
        user = super().get_user(user_id)
        return None if user is None or user.get_username().startswith("x") else user


class OwnStore(DatabaseStore):
    """Of a project that loads its sessions in a way of its own."""

    def load(self) -> dict[str, Any]:
        return super().load()


SessionStore = OwnStore  # as an engine is to be called


def log_in(user: User, backend: str = MODEL_BACKEND, **changes: Any) -> str:
    """The session's key."""
    session = import_module(django_settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = backend
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.update(changes)
    session.save()
    return str(session.session_key)


def page_user(session_key: str) -> Any:
    """Whom a page finds."""
    request = HttpRequest()
    request.session = import_module(django_settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if user.is_authenticated else None


@pytest.mark.parametrize(
    "engine",
    [
        "django.contrib.sessions.backends.db",
        "django.contrib.sessions.backends.cached_db",
        "django.contrib.sessions.backends.cache",
        "django.contrib.sessions.backends.signed_cookies",
        "django.contrib.sessions.backends.file",
        __name__,
    ],
)
def test_sockets_and_pages_agree_whatever_the_engine(
    settings: Any, tmp_path: Any, engine: str
) -> None:
    settings.SESSION_ENGINE, settings.AUTHENTICATION_BACKENDS = engine, BACKENDS
    settings.SESSION_FILE_PATH = str(tmp_path)
    alice = User.objects.create_user("alice")
    gone = User.objects.create_user("gone", is_active=False)
    odd = User.objects.create_user("x")
    keys = [
        log_in(alice),
        log_in(alice, OWN_BACKEND),
        log_in(gone),
        log_in(gone, ANY_USER_BACKEND),
        log_in(odd),
        log_in(odd, OWN_BACKEND),
        log_in(alice, "somebody.elses.Backend"),
        log_in(alice, **{HASH_SESSION_KEY: "of an old password"}),
        log_in(alice, **{HASH_SESSION_KEY: ""}),
        log_in(alice, **{SESSION_KEY: "no number"}),
        log_in(alice, **{SESSION_KEY: "987654"}),
        "abcdefghijklmnopqrstuvwxyz012345",
        "../../etc/passwd",
    ]
    found = find_users(keys, timezone.now())
    assert {key: found[key].username for key in keys if key in found} == {
        keys[0]: "alice",
        keys[1]: "alice",
        keys[3]: "gone",
        keys[4]: "x",
    }
    for key in (k for n, k in enumerate(keys) if n != 9):  # Django's own view fails at that one
        assert page_user(key) == found.get(key)


def test_so_many_sessions_cost_two_queries(django_assert_num_queries: Callable[..., Any]) -> None:
    keys = [log_in(User.objects.create(username=f"user {n}")) for n in range(50)]
    with django_assert_num_queries(2):
        assert len(find_users(keys, timezone.now())) == 50


def test_a_session_from_before_a_new_secret_key_stays_as_it_is(
    settings: Any, django_assert_num_queries: Callable[..., CaptureQueriesContext]
) -> None:
    alice = User.objects.create_user("alice")
    old = settings.SECRET_KEY
    key = log_in(alice)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [old]
    with django_assert_num_queries(2) as queries:
        assert find_users([key], timezone.now()) == {key: alice}
    assert all(query["sql"].startswith("SELECT") for query in queries.captured_queries)
    settings.SECRET_KEY_FALLBACKS = []
    assert find_users([key], timezone.now()) == {}


def test_an_expired_session_is_nobodys() -> None:
    key = log_in(User.objects.create_user("alice"))
    later = timezone.now() + timedelta(days=365)
    assert find_users([key], later) == {}
