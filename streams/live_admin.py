"""The admin page "Live streams": who listens to what, in which process, and how the source is.

It shows what the processes report of themselves, and asks no client's path for anything.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.cache import add_never_cache_headers

from streams.apps import get_streams
from streams.models import ApiKey, LiveStreams
from streams.monitoring.monitor import beat_seconds
from streams.monitoring.overview import KeyRow, build_overview
from streams.monitoring.report import Report

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[LiveStreams]
else:  # generic for the type checker only
    _Admin = admin.ModelAdmin

PAGE = "admin/streams/livestreams/page.html"
TABLES = "admin/streams/livestreams/tables.html"


@admin.register(LiveStreams)
class LiveStreamsAdmin(_Admin):
    """A page in the place of a list: there is nothing to add, change or delete."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LiveStreams | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LiveStreams | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        """The one page: there is no table for the others to look into."""
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="streams_livestreams_changelist")]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With `?part=tables` only what changes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        reports, is_complete = _get_reports()
        overview = build_overview(reports, time.time())
        context = {
            **self.admin_site.each_context(request),
            "title": "Live streams",
            "opts": self.opts,
            "overview": overview,
            "keys": _name_keys(overview.keys, self._may_see_keys(request)),
            "is_complete": is_complete,
            "is_alone": len(reports) == 1,
            "asked_at": time.strftime("%H:%M:%S UTC", time.gmtime()),
            "beat_seconds": beat_seconds(reports[0].tick_seconds),
        }
        template = TABLES if request.GET.get("part") == "tables" else PAGE
        response = TemplateResponse(request, template, context)
        add_never_cache_headers(response)
        return response

    def _may_see_keys(self, request: HttpRequest) -> bool:
        """Whether their names may be shown, and there is a page of them on this site."""
        keys = self.admin_site._registry.get(ApiKey)
        return keys is not None and keys.has_view_permission(request)


def _get_reports() -> tuple[list[Report], bool]:
    async def get_all() -> tuple[list[Report], bool]:
        # Built where its event loop is, if nobody has asked before.
        return await get_streams().monitor.get_all()

    return async_to_sync(get_all)()


def _name_keys(rows: list[KeyRow], with_records: bool) -> list[tuple[KeyRow, ApiKey | None, str]]:
    """Each with the record of its key, or with what else it is."""
    numbers = {row.bucket: _key_number(row.bucket) for row in rows}
    known = [number for number in numbers.values() if number is not None and with_records]
    records = ApiKey.objects.in_bulk(known)
    return [(row, records.get(numbers[row.bucket] or 0), _describe(row.bucket)) for row in rows]


def _key_number(bucket: str) -> int | None:
    kind, _, number = bucket.partition(".")
    return int(number) if kind == "key" and number.isdecimal() else None


def _describe(bucket: str) -> str:
    if bucket == "admin":
        return "ADMIN_API_KEY"
    kind, _, number = bucket.partition(".")
    return f"user {number} (session)" if kind == "user" else bucket
