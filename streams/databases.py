"""What a person is told when the database cannot be used: which one, where, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError, connections

LOST_TABLE = ("no such table", "does not exist", "doesn't exist")


@contextmanager
def database_in_use() -> Iterator[None]:
    """Around what a command does with the database. Raises CommandError when it cannot be used."""
    try:
        _connect_past_the_pool()
        yield
    except DatabaseError as error:
        raise CommandError(describe_database_failure(error)) from error


def _connect_past_the_pool(alias: str = "default") -> None:
    """Raises at once what a pool would raise after ten seconds, and without the reason."""
    connection: Any = connections[alias]
    if "pool" in connection.settings_dict.get("OPTIONS", {}):
        with connection.wrap_database_errors:
            connection.Database.connect(**connection.get_connection_params()).close()


def describe_database_failure(error: DatabaseError, alias: str = "default") -> str:
    """One sentence, or two with what helps. The password is in none of them."""
    if type(error.__cause__).__name__ == "PoolTimeout":
        try:
            _connect_past_the_pool(alias)
        except DatabaseError as reason_of_the_pool:
            error = reason_of_the_pool
    [reason, *_] = str(error).strip().splitlines() or [type(error).__name__]
    text = f"The database {_locate(connections[alias].settings_dict)} cannot be used: {reason}"
    if any(words in reason for words in LOST_TABLE):
        return f"{text}. Bring it up to date with `manage.py migrate`."
    if connections[alias].vendor == "sqlite":
        return f"{text}. The file and its folder must be writable."
    return f"{text}."


def _locate(options: dict[str, Any]) -> str:
    name, host, port = (str(options.get(key) or "") for key in ("NAME", "HOST", "PORT"))
    at = f"{host}:{port}" if port else host
    return f"{name} at {at}" if at else name
