"""The history of keys in the admin, for what is done on the command line."""

from __future__ import annotations

import getpass
import socket
from typing import Any, Final

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.db import DatabaseError, transaction

from streams.models import ApiKey

# Django's history names a user; nobody can log in as this one.
COMMAND_LINE: Final = "manage.py"
# As django.contrib.admin has them, which a project need not have.
ADDITION, CHANGE = 1, 2


def find_user(name: str, option: str) -> Any:
    """The user of this name. Raises CommandError."""
    users = get_user_model()
    try:
        return users._default_manager.get(**{users.USERNAME_FIELD: name})
    except users.DoesNotExist as error:
        raise CommandError(f"{option}: there is no user {name!r}.") from error


def note(record: ApiKey, flag: int, text: str, by: Any = None) -> str:
    """Write a line into a key's history; why it could not be written, if so.

    `by` is the user whose doing it is; without one it is a user of its own, who is not active.
    """
    if not apps.is_installed("django.contrib.admin"):
        return "there is no admin"
    from django.contrib.admin.models import LogEntry
    from django.contrib.contenttypes.models import ContentType

    try:
        with transaction.atomic():
            LogEntry.objects.create(
                user_id=(by or _command_line_user()).pk,
                content_type=ContentType.objects.get_for_model(ApiKey),
                object_id=str(record.pk),
                object_repr=str(record)[:200],
                action_flag=flag,
                change_message=f"{text} On the command line, by {_who()}.",
            )
    except (DatabaseError, TypeError, ValueError) as error:
        return f"name a user with --by ({type(error).__name__})"
    return ""


def _command_line_user() -> Any:
    users = get_user_model()
    found = users._default_manager.filter(**{users.USERNAME_FIELD: COMMAND_LINE}).first()
    if found is not None:
        return found
    user = users(**{users.USERNAME_FIELD: COMMAND_LINE})
    user.is_active = False
    user.set_unusable_password()
    user.save()
    return user


def _who() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        name = "somebody"
    return f"{name} on {socket.gethostname()}"
