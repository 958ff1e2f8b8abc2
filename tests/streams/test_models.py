"""API keys in the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from streams.keys import generate_key
from streams.models import (
    ACTIVE,
    EXPIRED,
    OWNER_INACTIVE,
    REVOKED,
    ApiKey,
    CannotRotate,
    RevocationIsFinal,
)

pytestmark = pytest.mark.django_db


def make_key(**fields: object) -> ApiKey:
    record = ApiKey(**{"name": "a test's", **fields})
    record.take(generate_key())
    record.save()
    return record


def test_a_new_key_may_everything_within_the_settings() -> None:
    key = make_key()
    assert key.endpoints == ["profile", "quotes", "market", "hours"]
    assert (key.max_connections, key.connections_per_day, key.max_symbols) == (100, 8000, 200)
    assert key.state_at(timezone.now()) == ACTIVE


def test_the_key_itself_is_not_kept() -> None:
    key = generate_key()
    record = ApiKey(name="a test's")
    record.take(key)
    record.save()
    [row] = ApiKey.objects.values()
    assert key.text not in str(row)


def test_its_state_says_why_it_does_not_work() -> None:
    now = timezone.now()
    owner = User.objects.create(username="owner", is_active=False)
    assert make_key(owner=owner).state_at(now) == OWNER_INACTIVE
    assert make_key(owner=owner, expires_at=now).state_at(now) == EXPIRED
    assert make_key(expires_at=now + timedelta(seconds=1)).state_at(now) == ACTIVE
    assert make_key(expires_at=now, revoked_at=now).state_at(now) == REVOKED


def test_a_revocation_is_final() -> None:
    key = make_key()
    key.revoke()
    revoked_at = key.revoked_at
    key.revoke()
    assert key.revoked_at == revoked_at
    key.revoked_at = None
    with pytest.raises(RevocationIsFinal):
        key.save()
    assert ApiKey.objects.get().revoked_at == revoked_at


def test_a_successor_may_the_same_and_the_old_one_ends_with_the_grace() -> None:
    owner = User.objects.create(username="owner")
    key = make_key(owner=owner, endpoints=["hours"], max_connections=7, max_symbols=3)
    successor, text = key.rotate(timedelta(hours=2))
    assert successor.digest == text.digest != key.digest
    assert (successor.owner, successor.endpoints) == (owner, ["hours"])
    assert (successor.max_connections, successor.max_symbols) == (7, 3)
    assert successor.expires_at is None
    assert key.expires_at
    assert abs(key.expires_at - timezone.now() - timedelta(hours=2)) < timedelta(minutes=1)


def test_a_grace_prolongs_nothing() -> None:
    soon = timezone.now() + timedelta(minutes=5)
    key = make_key(expires_at=soon)
    successor, _ = key.rotate(timedelta(days=1))
    assert key.expires_at == successor.expires_at == soon


def test_each_successor_ends_when_the_original_was_to_end() -> None:
    never, later = make_key(), make_key(expires_at=timezone.now() + timedelta(days=9))
    for key, end in ((never, None), (later, later.expires_at)):
        for _ in range(2):
            successor, _ = key.rotate(timedelta(hours=1))
            assert successor.expires_at == end
        assert key.expires_at
        assert key.expires_at < timezone.now() + timedelta(hours=2)


def test_what_nobody_can_use_gets_no_successor() -> None:
    gone = User.objects.create(username="gone", is_active=False)
    now = timezone.now()
    for fields, state in (
        ({"expires_at": now}, "expired"),
        ({"revoked_at": now}, "revoked"),
        ({"owner": gone}, "owner inactive"),
    ):
        with pytest.raises(CannotRotate, match=f"is not rotated: {state}"):
            make_key(**fields).rotate(timedelta(hours=1))
    assert ApiKey.objects.count() == 3


@pytest.mark.parametrize("endpoints", [[], ["nothing"], "quotes", None, [["quotes"]]])
def test_endpoints_must_exist(endpoints: object) -> None:
    key = make_key()
    key.endpoints = endpoints
    with pytest.raises(ValidationError):
        key.full_clean()
