"""Announces each change of keys, users and sessions that concerns live connections."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import post_delete, post_save

from streams.control import Change, announce
from streams.identities import session_name
from streams.models import ApiKey


def connect() -> None:
    """To be called once Django's models are loaded."""
    for signal in (post_save, post_delete):
        signal.connect(_key_changed, sender=ApiKey, dispatch_uid="streams.keys")
        signal.connect(_user_changed, sender=get_user_model(), dispatch_uid="streams.users")
    user_logged_out.connect(_logged_out, dispatch_uid="streams.sessions")


def _key_changed(instance: ApiKey, **kwargs: Any) -> None:
    _announce_when_committed(Change(keys=(instance.pk,)))


def _user_changed(instance: Any, update_fields: Any = None, **kwargs: Any) -> None:
    # Each login saves this field, and nothing else.
    if set(update_fields or ()) != {"last_login"}:
        _announce_when_committed(Change(users=(str(instance.pk),)))


def _logged_out(request: Any, **kwargs: Any) -> None:
    if session_key := request.session.session_key:
        _announce_when_committed(Change(sessions=(session_name(session_key),)))


def _announce_when_committed(change: Change) -> None:
    transaction.on_commit(partial(announce, change))
