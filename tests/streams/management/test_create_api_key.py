"""`manage.py create_api_key`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from streams.keys import could_be_key, digest_of
from streams.models import ApiKey

pytestmark = pytest.mark.django_db


def create(*args: str) -> tuple[str, ApiKey]:
    out = StringIO()
    call_command("create_api_key", *args, stdout=out, stderr=StringIO())
    return out.getvalue().strip(), ApiKey.objects.get()


def test_it_prints_the_key_alone_so_that_a_script_can_take_it() -> None:
    printed, record = create("Mobile app")
    assert could_be_key(printed)
    assert record.digest == digest_of(printed)
    assert record.name == "Mobile app"


def test_every_option_is_kept() -> None:
    User.objects.create(username="alice")
    options = [
        "--owner",
        "alice",
        "--expires",
        "2030-01-31",
        "--endpoints",
        "quotes,hours",
        "--note",
        "n",
    ]
    limits = ["--max-connections", "3", "--per-day", "50", "--max-symbols", "7"]
    _, record = create("Mobile app", *options, *limits)
    assert record.owner
    assert record.owner.username == "alice"
    assert record.expires_at == datetime(2030, 1, 31, 23, 59, 59, 999999, UTC)
    assert (record.endpoints, record.note) == (["quotes", "hours"], "n")
    assert (record.max_connections, record.connections_per_day, record.max_symbols) == (3, 50, 7)


def test_the_history_says_who_made_it() -> None:
    User.objects.create(username="alice")
    create("Mobile app", "--by", "alice")
    entry = LogEntry.objects.get()
    assert entry.user.username == "alice"
    assert re.fullmatch(r"Added. On the command line, by .+ on .+\.", entry.change_message)


def test_a_time_may_be_named_exactly() -> None:
    _, record = create("Mobile app", "--expires", "2030-01-31T12:00+02:00")
    assert record.expires_at == datetime(2030, 1, 31, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--owner", "nobody"], "nobody"),
        (["--expires", "soon"], "soon"),
        (["--expires", "2030-02-31"], "2030-02-31"),
        (["--expires", "2020-01-01"], "expires_at: This is in the past: the key would never work"),
        (["--owner", "gone"], "owner: This user is not active"),
        (["--by", "nobody"], "--by: there is no user 'nobody'"),
        (["--endpoints", "quotes,nothing"], "endpoints"),
        (["--max-symbols", "0"], "max_symbols"),
        (["--per-day", "-1"], "connections_per_day"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(options: list[str], word: str) -> None:
    User.objects.create(username="gone", is_active=False)
    with pytest.raises(CommandError, match=word):
        create("Mobile app", *options)
    assert not ApiKey.objects.exists()
