"""Who somebody is, in the database: many are asked for at once, and each gets their own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client

from streams.identities import KEY, SESSION, find, recheck
from streams.keys import generate_key
from streams.models import ApiKey

pytestmark = pytest.mark.django_db


def make_key(**fields: Any) -> str:
    """What to look up."""
    key = generate_key()
    record = ApiKey(name="a test's", **fields)
    record.take(key)
    record.save()
    return KEY + key.digest


def log_in(user: User) -> str:
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return SESSION + str(client.session.session_key)


def test_in_one_batch_each_gets_their_own_and_nonsense_disturbs_nobody() -> None:
    alice, bob = User.objects.create_user("alice"), User.objects.create_user("bob")
    tokens = {
        make_key(owner=alice): "alice",
        make_key(owner=bob, max_symbols=3): "bob",
        make_key(): "",
        log_in(alice): "alice",
        log_in(bob): "bob",
    }
    nonsense = [KEY + "é", KEY, SESSION + "' OR 1=1 --", SESSION + "x" * 4096, "neither"]
    found = find([*nonsense, *tokens], datetime.now(UTC))
    assert {token: who.user.get_username() for token, who in found.items()} == tokens
    assert len({who.who for who in found.values()}) == len(tokens)
    # A key and a session of one user are counted apart.
    assert len({who.quota.bucket for who in found.values() if who.quota}) == len(tokens)


def test_who_is_looked_at_again_stays_who_they_are() -> None:
    alice, bob = User.objects.create_user("alice"), User.objects.create_user("bob")
    keys = [make_key(owner=alice), make_key(owner=bob)]
    sessions = [log_in(alice), log_in(bob)]
    known = find([*keys, *sessions], datetime.now(UTC))
    ApiKey.objects.filter(owner=bob).update(revoked_at=datetime.now(UTC))
    alice.is_active = False
    alice.save()
    still = recheck(list(known.values()), datetime.now(UTC))
    assert {name: who.user for name, who in still.items()} == {known[sessions[1]].who: bob}


def test_a_key_of_nobody_is_nobody() -> None:
    [who] = find([make_key()], datetime.now(UTC)).values()
    assert isinstance(who.user, AnonymousUser)
    assert who.user_id == ""
