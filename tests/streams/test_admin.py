"""API keys in the admin: made, seen, changed, revoked, and never read again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
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
NEW_KEYS = f"{KEYS}new/"
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
    return make_record("Mobile app")


def make_record(name: str, **fields: Any) -> ApiKey:
    record = ApiKey(name=name, **fields)
    record.take(generate_key())
    record.save()
    return record


def keys_in(response: Any) -> list[str]:
    return KEY.findall(response.content.decode())


def secret_of(page: Any) -> str:
    """That of the form on a page."""
    [secret] = re.findall('name="form_secret" value="([^"]+)"', page.content.decode())
    return str(secret)


def act(client: Client, action: str, *records: ApiKey, **fields: Any) -> str:
    data = {"action": action, "_selected_action": [r.pk for r in records], **fields}
    response = client.post(KEYS, data, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def history(record: ApiKey) -> list[str]:
    entries = LogEntry.objects.filter(object_id=str(record.pk)).order_by("action_time")
    return [entry.get_change_message() for entry in entries]


def test_a_new_key_is_shown_once_after_a_redirect_and_kept_nowhere(admin_client: Client) -> None:
    secret = secret_of(admin_client.get(f"{KEYS}add/"))
    response = admin_client.post(f"{KEYS}add/", {**FIELDS, "form_secret": secret})
    assert (response.status_code, response["Location"]) == (302, NEW_KEYS)
    cookie = response.cookies["streams_new_keys"]
    assert (cookie["path"], cookie["httponly"], cookie["max-age"]) == (NEW_KEYS, True, 300)
    waiting = str(ApiKey.objects.values())
    assert secret not in waiting
    shown = admin_client.get(NEW_KEYS)
    [key] = keys_in(shown)
    assert "no-store" in shown["Cache-Control"]
    for kept in (waiting, str(response.cookies), str(dict(admin_client.session))):
        assert key not in kept
        assert key[12:] not in kept
    record = ApiKey.objects.get()
    assert record.digest == digest_of(key)
    assert record.form_digest == ""
    assert sorted(record.endpoints) == ["hours", "quotes"]
    for path in (KEYS, f"{KEYS}{record.pk}/change/", f"{KEYS}{record.pk}/history/"):
        page = admin_client.get(path).content.decode()
        assert record.prefix in page
        assert key not in page
        assert record.digest not in page
    assert history(record) == ["Added."]


@pytest.mark.parametrize("cookie_is_back", [False, True])
def test_the_page_of_a_new_key_shows_nothing_when_it_is_loaded_again(
    admin_client: Client, cookie_is_back: bool
) -> None:
    admin_client.post(f"{KEYS}add/", FIELDS)
    secret = admin_client.cookies["streams_new_keys"].value
    assert not keys_in(admin_client.head(NEW_KEYS))
    assert not keys_in(admin_client.get(NEW_KEYS, headers={"Sec-Purpose": "prefetch"}))
    assert len(keys_in(admin_client.get(NEW_KEYS))) == 1
    if cookie_is_back:
        admin_client.cookies["streams_new_keys"] = secret
    page = admin_client.get(NEW_KEYS)
    assert not keys_in(page)
    assert "shown once" in page.content.decode()
    assert ApiKey.objects.count() == 1


def test_a_form_that_is_sent_twice_makes_one_key(admin_client: Client) -> None:
    form = {**FIELDS, "form_secret": secret_of(admin_client.get(f"{KEYS}add/"))}
    admin_client.post(f"{KEYS}add/", form)
    # A second click: the browser follows only the answer to this one.
    page = admin_client.post(f"{KEYS}add/", {**form, "name": "Other"}, follow=True)
    assert len(keys_in(page)) == 1
    assert "sent before" in page.content.decode()
    page = admin_client.post(f"{KEYS}add/", form, follow=True)
    assert not keys_in(page)
    assert [record.name for record in ApiKey.objects.all()] == ["Mobile app"]


def test_a_form_that_is_sent_again_after_a_mistake_makes_its_key(admin_client: Client) -> None:
    wrong = admin_client.post(f"{KEYS}add/", {**FIELDS, "name": "", "form_secret": "A" * 43})
    assert secret_of(wrong) == "A" * 43
    page = admin_client.post(f"{KEYS}add/", {**FIELDS, "form_secret": "A" * 43}, follow=True)
    assert len(keys_in(page)) == 1


def test_nobody_else_sees_the_new_key(admin_client: Client, client: Client) -> None:
    admin_client.post(f"{KEYS}add/", FIELDS)
    client.cookies["streams_new_keys"] = admin_client.cookies["streams_new_keys"].value
    assert not keys_in(client.get(NEW_KEYS, follow=True))
    client.force_login(User.objects.create_superuser("other root"))
    assert not keys_in(client.get(NEW_KEYS))
    assert len(keys_in(admin_client.get(NEW_KEYS))) == 1


def test_a_key_that_would_never_work_is_not_made(admin_client: Client) -> None:
    owner = User.objects.create(username="gone", is_active=False)
    past = {"expires_at_0": "2020-01-01", "expires_at_1": "00:00:00"}
    for fields, sentence in (
        (past, "This is in the past: the key would never work."),
        ({"owner": owner.pk}, "This user is not active"),
    ):
        page = admin_client.post(f"{KEYS}add/", {**FIELDS, **fields}).content.decode()
        assert sentence in page
    assert not ApiKey.objects.exists()


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
    assert "is revoked: for good." in act(admin_client, "revoke", record, confirmed="yes")
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
    assert not keys_in(admin_client.get(NEW_KEYS))


def test_one_form_makes_one_successor_of_each_key(admin_client: Client, record: ApiKey) -> None:
    other = make_record("Other")
    form = {
        "action": "rotate",
        "_selected_action": [record.pk, other.pk],
        "confirmed": "yes",
        "hours": 1,
    }
    asked = admin_client.post(KEYS, {**form, "confirmed": []})
    form["form_secret"] = secret_of(asked)
    admin_client.post(KEYS, form)
    page = admin_client.post(KEYS, form, follow=True)
    assert len(keys_in(page)) == 2
    assert not keys_in(admin_client.post(KEYS, form, follow=True))
    assert ApiKey.objects.count() == 4
    working = {digest_of(key) for key in keys_in(page)}
    assert working == {key.digest for key in ApiKey.objects.exclude(name="") if not key.rotated_at}


def test_what_cannot_be_rotated_is_told_and_the_rest_is(
    admin_client: Client, record: ApiKey
) -> None:
    expired = make_record("Late", expires_at=timezone.now())
    revoked = make_record("Gone")
    revoked.revoke()
    page = act(admin_client, "rotate", record, expired, revoked, confirmed="yes", hours=1)
    assert len(KEY.findall(page)) == 1
    assert f"Left alone: {expired} is not rotated: expired. Make a new key instead." in page
    assert f"Left alone: {revoked} is revoked: for good." in page
    page = act(admin_client, "rotate", expired, confirmed="yes", hours=1)
    assert "Make a new key instead" in page
    assert ApiKey.objects.count() == 4


def test_a_new_end_of_a_rotated_key_is_its_own(admin_client: Client, record: ApiKey) -> None:
    act(admin_client, "rotate", record, confirmed="yes", hours=1)
    record.refresh_from_db()
    assert record.expires_at
    grace = timezone.localtime(record.expires_at)
    same = {"expires_at_0": f"{grace:%Y-%m-%d}", "expires_at_1": f"{grace:%H:%M:%S}"}
    admin_client.post(f"{KEYS}{record.pk}/change/", {**FIELDS, **same, "note": "in the car"})
    record.refresh_from_db()
    assert (record.note, record.rotated_at is None) == ("in the car", False)
    end = {"expires_at_0": "2199-01-01", "expires_at_1": "00:00:00"}
    admin_client.post(f"{KEYS}{record.pk}/change/", {**FIELDS, **end})
    record.refresh_from_db()
    assert record.rotated_at is None
    assert record.expires_at
    assert record.expires_at.year == 2199


def test_disconnecting_is_noted(admin_client: Client, record: ApiKey) -> None:
    assert "connections of 1 API key were ended" in act(admin_client, "disconnect_now", record)
    assert history(record) == ["Disconnected."]


def test_with_security_off_the_list_says_so(
    admin_client: Client, record: ApiKey, streams_settings: Any
) -> None:
    streams_settings.USE_SECURITY = False
    assert "everybody may connect" in admin_client.get(KEYS).content.decode()
    assert "do not belong to keys" in act(admin_client, "disconnect_now", record)
