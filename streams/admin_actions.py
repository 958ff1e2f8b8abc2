"""What can be done to several API keys at once in the admin; each leaves a line in the history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers

from streams.conf import settings
from streams.control import Change, announce
from streams.keys import NewKey
from streams.models import ApiKey

CONFIRM_TEMPLATE = "admin/streams/apikey/confirm.html"
KEYS_TEMPLATE = "admin/streams/apikey/keys.html"
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
    if "confirmed" not in request.POST:
        explanation = "Their connections end at once. This cannot be undone."
        return _confirm(model_admin, request, queryset, "revoke", "Revoke", explanation)
    revoked = 0
    with transaction.atomic():
        for key in queryset.filter(revoked_at__isnull=True):
            key.revoke()
            model_admin.log_change(request, key, "Revoked.")
            revoked += 1
    model_admin.message_user(request, f"Revoked: {_count(revoked)}.", messages.SUCCESS)
    return None


@admin.action(description="Rotate: new keys beside the old ones", permissions=["add", "change"])
def rotate(model_admin: Any, request: HttpRequest, queryset: QuerySet[ApiKey]) -> Any:
    form = GraceForm(request.POST if "confirmed" in request.POST else None)
    if not form.is_valid():
        explanation = "Each gets a successor that may what it may. Revoked keys are left alone."
        return _confirm(model_admin, request, queryset, "rotate", "Rotate", explanation, form)
    grace = timedelta(hours=form.cleaned_data["hours"])
    made = []
    with transaction.atomic():
        for key in queryset.filter(revoked_at__isnull=True):
            successor, new_key = key.rotate(grace)
            model_admin.log_change(request, key, f"Replaced by {successor.prefix}….")
            model_admin.log_addition(request, successor, f"Replaces {key.prefix}….")
            made.append((successor, new_key))
    return show_keys(model_admin, request, made)


@admin.action(description="Disconnect now", permissions=["change"])
def disconnect_now(model_admin: Any, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
    if not settings.USE_SECURITY:
        text = "USE_SECURITY is off: connections do not belong to keys."
        model_admin.message_user(request, text, messages.WARNING)
        return
    keys = list(queryset)
    for key in keys:
        model_admin.log_change(request, key, "Disconnected.")
    announce(Change(disconnect=tuple(key.pk for key in keys)))
    text = f"The connections of {_count(len(keys))} were ended."
    model_admin.message_user(request, text, messages.SUCCESS)


def show_keys(
    model_admin: Any, request: HttpRequest, keys: Sequence[tuple[ApiKey, NewKey]]
) -> HttpResponse:
    """The page that shows new keys: the answer itself, so that they are stored nowhere."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Copy the key now" if len(keys) == 1 else "Copy the keys now",
        "opts": model_admin.opts,
        "keys": [(record, key.text) for record, key in keys],
    }
    response = TemplateResponse(request, KEYS_TEMPLATE, context)
    add_never_cache_headers(response)
    return response


def _count(number: int) -> str:
    return "1 API key" if number == 1 else f"{number} API keys"


def _confirm(
    model_admin: Any,
    request: HttpRequest,
    queryset: QuerySet[ApiKey],
    action: str,
    verb: str,
    explanation: str,
    form: forms.Form | None = None,
) -> TemplateResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{verb} API keys?",
        "opts": model_admin.opts,
        "keys": queryset,
        "action": action,
        "verb": verb,
        "explanation": explanation,
        "form": form,
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, CONFIRM_TEMPLATE, context)
