"""`manage.py api_keys list|revoke|rotate`: keys, for whoever has no browser at hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from streams.databases import database_in_use
from streams.history import ADDITION, CHANGE, find_user, note
from streams.keys import PREFIX_LENGTH, could_be_key, digest_of
from streams.models import ACTIVE, EXPIRED, OWNER_INACTIVE, REVOKED, ApiKey, CannotRotate

STATES = (ACTIVE, EXPIRED, REVOKED, OWNER_INACTIVE)
COLUMNS = ("id", "prefix", "name", "owner", "state", "last used", "expires")
MAX_GRACE_HOURS = 24 * 90


class Command(BaseCommand):
    help = "Lists, revokes and rotates API keys. create_api_key makes one."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="the keys, newest first")
        listing.add_argument("--state", choices=STATES, help="only these")
        listing.add_argument("--json", action="store_true", help="for programs")
        revoking = actions.add_parser("revoke", help="end keys and their connections, for good")
        rotating = actions.add_parser("rotate", help="print a new key beside each old one")
        rotating.add_argument(
            "--grace-hours", type=int, default=24, help="how long the old one goes on working"
        )
        for changing in (revoking, rotating):
            changing.add_argument("keys", nargs="+", metavar="KEY", help="its id or its prefix")
            changing.add_argument("--by", help="the username for the history in the admin")

    def handle(self, *args: Any, **options: Any) -> None:
        actions: dict[str, Callable[[dict[str, Any]], None]] = {
            "list": self._list,
            "revoke": self._revoke,
            "rotate": self._rotate,
        }
        with database_in_use():
            actions[options["action"]](options)

    def _list(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        records = ApiKey.objects.select_related("owner").order_by("-created_at")
        rows = [_row(record, now) for record in records]
        rows = [row for row in rows if options["state"] in (None, row["state"])]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        table = [COLUMNS, *(tuple(str(value or "-") for value in row.values()) for row in rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for line in table:
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())

    def _revoke(self, options: dict[str, Any]) -> None:
        by = _find_by(options)
        for record in _find_all(options["keys"]):
            if record.revoked_at:
                self.stderr.write(f"{record} was revoked before.")
                continue
            record.revoke()
            self._note(record, CHANGE, "Revoked.", by)
            self.stderr.write(f"Revoked: {record}.")

    def _rotate(self, options: dict[str, Any]) -> None:
        hours, by = options["grace_hours"], _find_by(options)
        if not 0 <= hours <= MAX_GRACE_HOURS:
            raise CommandError(f"--grace-hours must be between 0 and {MAX_GRACE_HOURS}.")
        records = _find_all(options["keys"])
        with transaction.atomic():  # all or none: what is printed is all that there is
            made = [_rotate(record, timedelta(hours=hours)) for record in records]
        for record, (successor, text) in zip(records, made, strict=True):
            self._note(record, CHANGE, f"Replaced by {successor.prefix}….", by)
            self._note(successor, ADDITION, f"Replaces {record.prefix}….", by)
            self.stderr.write(
                f"{record} works until {_moment(record.expires_at)}. "
                f"Its successor is key {successor.pk}, shown this once:"
            )
            self.stdout.write(text)

    def _note(self, record: ApiKey, flag: int, text: str, by: Any) -> None:
        if problem := note(record, flag, text, by):
            self.stderr.write(f"There is no line in the history: {problem}.")


def _find_by(options: dict[str, Any]) -> Any:
    return find_user(options["by"], "--by") if options["by"] else None


def _find_all(names: Sequence[str]) -> list[ApiKey]:
    """Each once, in the order given. Raises CommandError for what names no key, or several."""
    return list({record.pk: record for record in map(_find, names)}.values())


def _find(name: str) -> ApiKey:
    found = list(_matching(name)[:2])
    if not found:
        # Who puts in a whole key wants to see it nowhere.
        raise CommandError(f"There is no key {name[:PREFIX_LENGTH]!r}.")
    if len(found) > 1:
        raise CommandError(f"There are several keys {name!r}: use the id.")
    return found[0]


def _matching(name: str) -> QuerySet[ApiKey]:
    keys = ApiKey.objects.select_related("owner")
    if could_be_key(name):
        return keys.filter(digest=digest_of(name))
    if name.isascii() and name.isdecimal() and len(name) < 19:
        return keys.filter(pk=int(name))
    return keys.filter(prefix=name.removesuffix("…"))


def _rotate(record: ApiKey, grace: timedelta) -> tuple[ApiKey, str]:
    try:
        successor, key = record.rotate(grace)
    except CannotRotate as error:
        raise CommandError(str(error)) from error
    return successor, key.text


def _row(record: ApiKey, now: datetime) -> dict[str, Any]:
    return {
        "id": record.pk,
        "prefix": record.prefix,
        "name": record.name,
        "owner": record.owner.get_username() if record.owner else None,
        "state": record.state_at(now),
        "last_used_at": _moment(record.last_used_at),
        "expires_at": _moment(record.expires_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
