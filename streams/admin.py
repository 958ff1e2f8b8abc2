"""API keys in Django's admin: made, watched, revoked, rotated; never read again."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from streams.admin_actions import disconnect_now, revoke, rotate
from streams.admin_forms import ApiKeyForm, StateFilter
from streams.apps import get_streams
from streams.conf import settings
from streams.key_forms import KeyForm, secret_of
from streams.limits import Usage
from streams.live_admin import LiveStreamsAdmin
from streams.models import ApiKey
from streams.new_keys import URL_NAME, show_new_keys, to_new_keys, to_new_keys_again

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[ApiKey]
else:  # generic for the type checker only
    _Admin = admin.ModelAdmin


# Django looks for them here.
__all__ = ["ApiKeyAdmin", "LiveStreamsAdmin"]


class UsedKeys(ChangeList):
    """Asks what the keys of a page have used, all at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        keys = list(self.result_list)
        usage = async_to_sync(get_streams().limits.usage)([key.bucket for key in keys])
        for key in keys:
            key.usage = usage[key.bucket]
        self.result_list = keys


@admin.register(ApiKey)
class ApiKeyAdmin(_Admin):
    form = ApiKeyForm
    list_display = (
        "name",
        "key",
        "owner",
        "state",
        "last_used",
        "live",
        "today",
        "expires",
    )
    list_filter = (StateFilter, "expires_at")
    list_select_related = ("owner",)
    list_per_page = 50
    raw_id_fields = ("owner",)
    readonly_fields = ("key", "state", "created_at", "last_used_at", "rotated_at", "revoked_at")
    actions = (revoke, rotate, disconnect_now)

    def get_fieldsets(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        limits = ("max_connections", "connections_per_day", "max_symbols")
        sets: list[Any] = [
            (None, {"fields": ("name", "owner", "note")}),
            ("What it may", {"fields": ("endpoints", "expires_at", *limits)}),
        ]
        if obj:
            sets.append(("What is known of it", {"fields": self.readonly_fields}))
        return sets

    def render_change_form(
        self, request: HttpRequest, context: Any, add: bool = False, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        # After adding there is one page, the one with the key.
        context.update(show_save_and_add_another=False, show_save_and_continue=not add)
        context["form_secret"] = secret_of(request)
        return super().render_change_form(request, context, add, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not settings.USE_SECURITY:
            text = "USE_SECURITY is off: everybody may connect, without a key."
            messages.warning(request, text)
        return super().changelist_view(request, extra_context)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return "name", "prefix", f"owner__{get_user_model().USERNAME_FIELD}", "note"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return UsedKeys

    def has_rotate_permission(self, request: HttpRequest) -> bool:
        """It makes a key, and changes one. Of several permissions Django asks for any."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # Nobody shall learn a digest bit by bit.
        is_hidden = lookup.partition("__")[0] in ("digest", "form_digest")
        return not is_hidden and super().lookup_allowed(lookup, value, request)

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        # A revoked key is history: to be looked at, not to be changed.
        is_history = obj is not None and obj.revoked_at is not None
        return not is_history and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if not change:
            # For response_add as well.
            obj.form_secret = secret_of(request)  # type: ignore[attr-defined]
            maker = KeyForm(obj.form_secret, request.user)  # type: ignore[attr-defined]
            obj.take(maker.key_for("add"))
            obj.form_digest = maker.digest
        elif "expires_at" in form.changed_data:
            obj.expire_at(obj.expires_at)
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        return to_new_keys(self, request, obj.form_secret)  # type: ignore[attr-defined]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        secret = secret_of(request)
        maker = KeyForm(secret, request.user)
        if request.method == "POST" and self._was_sent(request, maker):
            return to_new_keys_again(self, request, secret)
        try:
            return super().add_view(request, form_url, extra_context)
        except IntegrityError:  # the same form, at the same moment
            if not maker.has_made("add"):
                raise
            return to_new_keys_again(self, request, secret)

    def _was_sent(self, request: HttpRequest, maker: KeyForm) -> bool:
        return self.has_add_permission(request) and maker.has_made("add")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(show_new_keys, self))
        return [path("new/", view, name=URL_NAME), *super().get_urls()]

    @admin.display(ordering="prefix")
    def key(self, obj: ApiKey) -> str:
        return f"{obj.prefix}…"

    def state(self, obj: ApiKey) -> str:
        return obj.state_at(timezone.now())

    @admin.display(ordering="last_used_at")
    def last_used(self, obj: ApiKey) -> str:
        return _short(obj.last_used_at)

    @admin.display(ordering="expires_at")
    def expires(self, obj: ApiKey) -> str:
        return _short(obj.expires_at)

    def live(self, obj: ApiKey) -> str:
        """Connections now, of those at once."""
        return f"{_usage(obj).live}/{obj.max_connections}"

    def today(self, obj: ApiKey) -> str:
        """Connections so far, of those per day."""
        return f"{_usage(obj).used_today}/{obj.connections_per_day}"


def _short(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else "-"


def _usage(key: ApiKey) -> Usage:
    return getattr(key, "usage", Usage())
