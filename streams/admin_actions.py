"""What can be done to several API keys at once in the admin; each leaves a line in the history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from streams.conf import settings
from streams.control import Change, announce
from streams.key_forms import KeyForm, secret_of
from streams.models import ApiKey, CannotRotate
from streams.new_keys import to_new_keys, to_new_keys_again

CONFIRM_TEMPLATE = "admin/streams/apikey/confirm.html"
MAX_GRACE_HOURS = 24 * 90


class GraceForm(forms.Form):
    hours = forms.IntegerField(
        label="Hours for which the old keys go on working",
        min_value=0,
        max_value=MAX_GRACE_HOURS,
        initial=24,
    )


@admin.action(description="Revoke for good", permissions=["change"])
def revoke(model_admin: Any, request: HttpRequest, queryset: QuerySet[ApiKey]) -> Any:
    keys, left_alone = _part(model_admin, request, queryset)
    if "confirmed" not in request.POST:
        explanation = "Their connections end at once. This cannot be undone."
        context = {"verb": "Revoke", "explanation": explanation, "left_alone": left_alone}
        return _confirm(model_admin, request, queryset, {"action": "revoke", **context})
    with transaction.atomic():
        for key in keys:
            key.revoke()
            model_admin.log_change(request, key, "Revoked.")
    _say_left_alone(model_admin, request, left_alone)
    model_admin.message_user(request, f"Revoked: {_count(len(keys))}.", messages.SUCCESS)
    return None


@admin.action(description="Rotate: new keys beside the old ones", permissions=["rotate"])
def rotate(model_admin: Any, request: HttpRequest, queryset: QuerySet[ApiKey]) -> Any:
    secret = secret_of(request)
    form = GraceForm(request.POST if "confirmed" in request.POST else None)
    if not form.is_valid():
        explanation = "Each gets a successor that may what it may, and ends when it was to end."
        context = {"verb": "Rotate", "explanation": explanation, "form": form}
        context["form_secret"] = secret
        return _confirm(model_admin, request, queryset, {"action": "rotate", **context})
    maker = KeyForm(secret, request.user)
    keys, left_alone = _part(model_admin, request, queryset)
    if any(maker.has_made(f"rotate {key.pk}") for key in keys):
        return to_new_keys_again(model_admin, request, secret)
    grace = timedelta(hours=form.cleaned_data["hours"])
    try:
        with transaction.atomic():
            made = _rotate_all(model_admin, request, keys, grace, maker, left_alone)
    except IntegrityError:  # the same form, at the same moment
        if not any(maker.has_made(f"rotate {key.pk}") for key in keys):
            raise
        return to_new_keys_again(model_admin, request, secret)
    _say_left_alone(model_admin, request, left_alone)
    return to_new_keys(model_admin, request, secret) if made else None


@admin.action(description="Disconnect now", permissions=["change"])
def disconnect_now(model_admin: Any, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
    if not settings.USE_SECURITY:
        text = "USE_SECURITY is off: connections do not belong to keys."
        model_admin.message_user(request, text, messages.WARNING)
        return
    keys, left_alone = _part(model_admin, request, queryset)
    for key in keys:
        model_admin.log_change(request, key, "Disconnected.")
    announce(Change(disconnect=tuple(key.pk for key in keys)))
    _say_left_alone(model_admin, request, left_alone)
    text = f"The connections of {_count(len(keys))} were ended."
    model_admin.message_user(request, text, messages.SUCCESS)


def _rotate_all(
    model_admin: Any,
    request: HttpRequest,
    keys: Sequence[ApiKey],
    grace: timedelta,
    maker: KeyForm,
    left_alone: list[str],
) -> int:
    """How many were; the others are added to `left_alone`."""
    made = 0
    for key in keys:
        try:
            new_key = maker.key_for(f"rotate {key.pk}")
            successor, _ = key.rotate(grace, new_key, maker.digest)
        except CannotRotate as error:
            left_alone.append(str(error))
            continue
        model_admin.log_change(request, key, f"Replaced by {successor.prefix}….")
        model_admin.log_addition(request, successor, f"Replaces {key.prefix}….")
        made += 1
    return made


def _part(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[ApiKey]
) -> tuple[list[ApiKey], list[str]]:
    """The keys that this person may change, and a sentence for each other."""
    keys, left_alone = [], []
    for key in queryset:
        if key.revoked_at:
            left_alone.append(f"{key} is revoked: for good.")
        elif not model_admin.has_change_permission(request, key):
            left_alone.append(f"{key}: you may not change it.")
        else:
            keys.append(key)
    return keys, left_alone


def _say_left_alone(model_admin: Any, request: HttpRequest, sentences: Sequence[str]) -> None:
    for sentence in sentences:
        model_admin.message_user(request, f"Left alone: {sentence}", messages.WARNING)


def _count(number: int) -> str:
    return "1 API key" if number == 1 else f"{number} API keys"


def _confirm(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[ApiKey], what: dict[str, Any]
) -> TemplateResponse:
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{what['verb']} API keys?",
        "opts": model_admin.opts,
        "keys": queryset,
        "checkbox_name": ACTION_CHECKBOX_NAME,
        **what,
    }
    return TemplateResponse(request, CONFIRM_TEMPLATE, context)
