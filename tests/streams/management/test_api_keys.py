"""`manage.py api_keys`: list, revoke, rotate, and what each leaves in the history."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from streams.keys import digest_of, generate_key
from streams.models import ApiKey

pytestmark = pytest.mark.django_db


def run(*args: str) -> str:
    out = StringIO()
    call_command("api_keys", *args, stdout=out, stderr=StringIO())
    return out.getvalue()


def make_key(name: str, **fields: Any) -> ApiKey:
    record = ApiKey(name=name, **fields)
    record.take(generate_key())
    record.save()
    return record


def history(record: ApiKey) -> list[tuple[str, str]]:
    entries = LogEntry.objects.filter(object_id=str(record.pk)).order_by("pk")
    return [
        (e.user.username, e.change_message.partition(" On the command line")[0]) for e in entries
    ]


def test_the_list_has_each_key_on_a_line_and_no_secret() -> None:
    owner = User.objects.create(username="alice")
    keys = make_key("Mobile app", owner=owner), make_key("Old", expires_at=timezone.now())
    lines = run("list").splitlines()
    assert re.split("  +", lines[0]) == [
        "id",
        "prefix",
        "name",
        "owner",
        "state",
        "last used",
        "expires",
    ]
    assert re.split("  +", lines[2])[1:5] == [keys[0].prefix, "Mobile app", "alice", "active"]
    assert keys[0].digest not in run("list")
    [old] = json.loads(run("list", "--state", "expired", "--json"))
    assert (old["id"], old["name"], old["state"]) == (keys[1].pk, "Old", "expired")


def test_a_key_is_named_by_its_number_its_prefix_or_itself() -> None:
    text = generate_key()
    itself = ApiKey(name="itself")
    itself.take(text)
    itself.save()
    keys = make_key("number"), make_key("prefix"), itself
    run("revoke", str(keys[0].pk), f"{keys[1].prefix}…", text.text)
    assert not ApiKey.objects.filter(revoked_at=None).exists()
    assert history(itself) == [("manage.py", "Revoked.")]
    assert not User.objects.get(username="manage.py").is_active


def test_a_rotation_prints_the_new_key_alone() -> None:
    User.objects.create(username="alice")
    key = make_key("Mobile app")
    printed = run("rotate", key.prefix, "--grace-hours", "2", "--by", "alice").strip()
    successor = ApiKey.objects.get(digest=digest_of(printed))
    key.refresh_from_db()
    assert key.expires_at
    assert abs(key.expires_at - timezone.now() - timedelta(hours=2)) < timedelta(minutes=1)
    assert history(key) == [("alice", f"Replaced by {successor.prefix}….")]
    assert history(successor) == [("alice", f"Replaces {key.prefix}….")]


def test_if_one_cannot_be_rotated_none_is() -> None:
    good, expired = make_key("good"), make_key("expired", expires_at=timezone.now())
    with pytest.raises(CommandError, match="is not rotated: expired. Make a new key instead"):
        run("rotate", good.prefix, expired.prefix)
    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["revoke", "999"], "no key '999'"),
        (["revoke", "fq_00000000"], "no key 'fq_00000000'"),
        (["revoke", "fq_00000000_" + "A" * 43], "no key 'fq_00000000'"),
        (["revoke", "9" * 40], "no key"),
        (["rotate", "1", "--grace-hours", "-1"], "--grace-hours must be between 0 and 2160"),
        (["revoke", "1", "--by", "nobody"], "--by: there is no user 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(args: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run(*args)


def test_a_prefix_of_two_keys_names_none() -> None:
    one, _ = make_key("one"), make_key("other")
    ApiKey.objects.update(prefix=one.prefix)
    with pytest.raises(CommandError, match="several keys"):
        run("revoke", one.prefix)
    assert not ApiKey.objects.exclude(revoked_at=None).exists()
