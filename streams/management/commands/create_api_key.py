"""`manage.py create_api_key NAME`: make an API key and print it, once."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date, parse_datetime

from streams.databases import database_in_use
from streams.history import ADDITION, find_user, note
from streams.keys import generate_key
from streams.models import ApiKey, check_is_alive

OPTIONS = {
    "--max-connections": ("max_connections", "connections at once"),
    "--per-day": ("connections_per_day", "connections per day"),
    "--max-symbols": ("max_symbols", "symbols per connection"),
}


class Command(BaseCommand):
    help = "Makes an API key and prints it. It cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the key is for")
        parser.add_argument("--owner", help="the username whose key it is")
        parser.add_argument("--expires", help="2027-01-31, or 2027-01-31T12:00Z; default: never")
        parser.add_argument("--endpoints", help="quotes,hours,…; default: all")
        parser.add_argument("--note", default="")
        parser.add_argument("--by", help="the username for the history in the admin")
        for option, (field, what) in OPTIONS.items():
            parser.add_argument(option, dest=field, type=int, help=what)

    def handle(self, *args: Any, **options: Any) -> None:
        with database_in_use():
            self._create(options)

    def _create(self, options: dict[str, Any]) -> None:
        key = generate_key()
        record = ApiKey(name=options["name"], note=options["note"])
        record.take(key)
        by = find_user(options["by"], "--by") if options["by"] else None
        record.owner = find_user(options["owner"], "--owner") if options["owner"] else None
        record.expires_at = _parse_time(options["expires"]) if options["expires"] else None
        if options["endpoints"]:
            record.endpoints = [name.strip() for name in options["endpoints"].split(",")]
        for field, _ in OPTIONS.values():
            if options[field] is not None:
                setattr(record, field, options[field])
        try:
            record.full_clean()
            check_is_alive(record.expires_at, record.owner)
        except ValidationError as error:
            raise CommandError("; ".join(_sentences(error))) from error
        record.save()
        if problem := note(record, ADDITION, "Added.", by):
            self.stderr.write(f"There is no line in the history: {problem}.")
        self.stderr.write(f"Key {record.pk} for {record.name}. It is shown this once:")
        self.stdout.write(key.text)


def _parse_time(text: str) -> datetime:
    """A date means its end, UTC; so does a time without a zone mean UTC."""
    try:
        if day := parse_date(text):
            return datetime.combine(day, time.max, UTC)
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"--expires is a date like 2027-01-31, not {text!r}.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _sentences(error: ValidationError) -> list[str]:
    return [f"{field}: {' '.join(texts)}" for field, texts in error.message_dict.items()]
