"""API keys in the admin: made, seen, changed, revoked, and never read again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from streams.keys import digest_of, generate_key
from streams.models import ApiKey

pytestmark = [
    pytest.mark.django_db,
    # Static files are collected for `make run`, not for tests.
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]

KEYS = "/admin/streams/apikey/"
KEY = re.compile(r"fq_[0-9a-f]{8}_[\w-]{43}")
FIELDS = {
    "name": "Mobile app",
    "endpoints": ["hours", "quotes"],
    "max_connections": 5,
    "connections_per_day": 50,
    "max_symbols": 10,
}


@pytest.fixture(autouse=True)
def _security(streams_settings: Any) -> None:
    streams_settings.USE_SECURITY = True


@pytest.fixture
def record() -> ApiKey:
    record = ApiKey(name="Mobile app")
    record.take(generate_key())
    record.save()
    return record


def act(client: Client, action: str, *records: ApiKey, **fields: Any) -> str:
    data = {"action": action, "_selected_action": [r.pk for r in records], **fields}
    response = client.post(KEYS, data, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def history(record: ApiKey) -> list[str]:
    entries = LogEntry.objects.filter(object_id=str(record.pk)).order_by("action_time")
    return [entry.get_change_message() for entry in entries]


def test_a_new_key_is_in_the_answer_to_adding_it_and_nowhere_else(admin_client: Client) -> None:
    response = admin_client.post(f"{KEYS}add/", FIELDS)
    [key] = KEY.findall(response.content.decode())
    assert "no-store" in response["Cache-Control"]
    assert key not in str(response.cookies)
    assert key not in str(dict(admin_client.session))
    record = ApiKey.objects.get()
    assert record.digest == digest_of(key)
    assert record.endpoints == ["quotes", "hours"] or record.endpoints == ["hours", "quotes"]
    for path in (KEYS, f"{KEYS}{record.pk}/change/", f"{KEYS}{record.pk}/history/"):
        page = admin_client.get(path).content.decode()
        assert record.prefix in page
        assert key not in page
        assert record.digest not in page
    assert history(record) == ["Added."]


def test_a_key_without_an_endpoint_is_not_made(admin_client: Client) -> None:
    page = admin_client.post(f"{KEYS}add/", {**FIELDS, "endpoints": []}).content.decode()
    assert "This field is required" in page
    assert not ApiKey.objects.exists()


def test_the_list_says_how_keys_are(admin_client: Client) -> None:
    now = timezone.now()
    owner = User.objects.create(username="gone", is_active=False)
    states: dict[str, dict[str, Any]] = {
        "active": {},
        "expired": {"expires_at": now - timedelta(days=1)},
        "revoked": {"revoked_at": now},
        "owner inactive": {"owner": owner},
    }
    for state, fields in states.items():
        record = ApiKey(name=f"name of {state}", **fields)
        record.take(generate_key())
        record.save()
    for state in states:
        page = admin_client.get(KEYS, {"state": state}).content.decode()
        assert re.findall("name of ([a-z ]+)<", page) == [state]
        assert "0/100" in page
        assert "0/8000" in page
    assert "1 API key" in admin_client.get(KEYS, {"q": "revoked"}).content.decode()
    assert "1 API key" in admin_client.get(KEYS, {"q": "gone"}).content.decode()


def test_a_revocation_is_asked_for_twice_and_is_for_good(
    admin_client: Client, record: ApiKey
) -> None:
    assert "cannot be undone" in act(admin_client, "revoke", record)
    record.refresh_from_db()
    assert record.revoked_at is None
    assert "Revoked: 1 API key." in act(admin_client, "revoke", record, confirmed="yes")
    record.refresh_from_db()
    assert record.revoked_at
    assert history(record) == ["Revoked."]
    assert "Revoked: 0 API keys." in act(admin_client, "revoke", record, confirmed="yes")
    changed = admin_client.post(f"{KEYS}{record.pk}/change/", {**FIELDS, "revoked_at": ""})
    assert changed.status_code == 403
    assert admin_client.get(f"{KEYS}{record.pk}/change/").status_code == 200


def test_a_rotation_shows_the_successor_once_and_keeps_the_old_for_the_grace(
    admin_client: Client, record: ApiKey
) -> None:
    assert "Hours" in act(admin_client, "rotate", record)
    assert "less than or equal" in act(admin_client, "rotate", record, confirmed="yes", hours=1e6)
    page = act(admin_client, "rotate", record, confirmed="yes", hours=2)
    [key] = KEY.findall(page)
    successor = ApiKey.objects.get(digest=digest_of(key))
    record.refresh_from_db()
    assert record.expires_at
    assert record.expires_at < timezone.now() + timedelta(hours=2)
    assert history(record) == [f"Replaced by {successor.prefix}…."]
    assert history(successor) == [f"Replaces {record.prefix}…."]


def test_disconnecting_is_noted(admin_client: Client, record: ApiKey) -> None:
    assert "connections of 1 API key were ended" in act(admin_client, "disconnect_now", record)
    assert history(record) == ["Disconnected."]


def test_with_security_off_the_list_says_so(
    admin_client: Client, record: ApiKey, streams_settings: Any
) -> None:
    streams_settings.USE_SECURITY = False
    assert "everybody may connect" in admin_client.get(KEYS).content.decode()
    assert "do not belong to keys" in act(admin_client, "disconnect_now", record)


def test_who_may_only_look_can_neither_change_nor_revoke(client: Client, record: ApiKey) -> None:
    user = User.objects.create_user("looker", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_apikey"))
    client.force_login(user)
    assert record.prefix in client.get(KEYS).content.decode()
    assert client.post(f"{KEYS}{record.pk}/change/", FIELDS).status_code == 403
    assert client.post(f"{KEYS}add/", FIELDS).status_code == 403
    act(client, "revoke", record, confirmed="yes")
    record.refresh_from_db()
    assert record.revoked_at is None
