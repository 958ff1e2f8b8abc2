"""The form of an API key in the admin, and the filter of their list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from streams.models import (
    ACTIVE,
    EXPIRED,
    OWNER_INACTIVE,
    REVOKED,
    ApiKey,
    check_is_alive,
    every_endpoint,
)

if TYPE_CHECKING:
    _Form = forms.ModelForm[ApiKey]
else:  # generic for the type checker only
    _Form = forms.ModelForm


class ApiKeyForm(_Form):
    endpoints = forms.MultipleChoiceField(
        choices=[(name, f"/{name}") for name in every_endpoint()],
        initial=every_endpoint,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ApiKey
        fields = (
            "name",
            "owner",
            "endpoints",
            "expires_at",
            "max_connections",
            "connections_per_day",
            "max_symbols",
            "note",
        )

    def clean(self) -> Any:
        data = super().clean()
        # A key that works may be ended by a date in the past; a new one would never work.
        if self.instance.pk is None:
            check_is_alive(self.cleaned_data.get("expires_at"), self.cleaned_data.get("owner"))
        return data


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        states = (ACTIVE, EXPIRED, REVOKED, *([OWNER_INACTIVE] if _has_is_active() else []))
        return [(state, state) for state in states]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        if not self.value():
            return queryset
        now = timezone.now()
        revoked = queryset.filter(revoked_at__isnull=False)
        rest = queryset.filter(revoked_at__isnull=True)
        expired = rest.filter(expires_at__lte=now)
        rest = rest.exclude(expires_at__lte=now)
        states = {ACTIVE: rest, EXPIRED: expired, REVOKED: revoked}
        if _has_is_active():
            states[ACTIVE] = rest.exclude(owner__is_active=False)
            states[OWNER_INACTIVE] = rest.filter(owner__is_active=False)
        return states.get(str(self.value()), queryset)


def _has_is_active() -> bool:
    """Whether it is a column of the user model: Django asks for no more than an attribute."""
    return any(field.name == "is_active" for field in get_user_model()._meta.get_fields())
