"""What was done in the admin, by whom: to be looked at, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[LogEntry]
else:  # generic for the type checker only
    _Admin = admin.ModelAdmin


class LogEntryAdmin(_Admin):
    date_hierarchy = "action_time"
    list_display = ("action_time", "user", "content_type", "object_repr", "what")
    list_filter = ("action_flag", "content_type")
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "change_message")
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def what(self, obj: LogEntry) -> str:
        """The action in words; Django keeps some as codes."""
        return obj.get_change_message() or obj.get_action_flag_display()


# A project may have a page of its own for it.
if not admin.site.is_registered(LogEntry):
    admin.site.register(LogEntry, LogEntryAdmin)
