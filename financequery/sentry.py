"""Errors to Sentry, if SENTRY_DSN asks for it: what went wrong and where, and nobody's secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sentry_sdk

if TYPE_CHECKING:
    from sentry_sdk.types import Breadcrumb, BreadcrumbHint, Event, Hint

MAX_BREADCRUMBS = 30


def start(dsn: str, process: str) -> None:
    """Report from now on. Costs nothing per message: only errors are reported, no traces."""
    sentry_sdk.init(
        dsn=dsn,
        server_name=process or None,  # None: the host's name
        before_send=scrub,
        before_breadcrumb=keep_log_lines,
        send_default_pii=False,
        # A variable may hold a key; so may the body of a form.
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=MAX_BREADCRUMBS,
        # Nobody else, above all no source of market data, hears of our traces.
        trace_propagation_targets=[],
        auto_session_tracking=False,
    )


def scrub(event: Event, hint: Hint) -> Event:
    """Without what a request, a user or the command line may have carried."""
    request = event.get("request")
    if request:
        # No headers, cookies, query, body or address.
        url = str(request.get("url", "")).partition("?")[0]
        event["request"] = {"method": request.get("method", ""), "url": url}
    event.pop("user", None)
    event.pop("extra", None)
    return event


def keep_log_lines(crumb: Breadcrumb, hint: BreadcrumbHint) -> Breadcrumb | None:
    """What led there, as the log has it; calls to others have their secrets in URLs."""
    if crumb.get("type") != "log":
        return None
    crumb.pop("data", None)
    return crumb
