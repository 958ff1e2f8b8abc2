"""Slows down who tries passwords, wherever they are asked for.

Django asks its authentication backends in turn: ThrottleBackend, as the first, stops those who
have failed too often, before a password is looked at. LoginThrottle, a middleware, then answers 429
instead of the page with the form. Failures are counted by Django's own signal, so that it does not
matter which view, form or API asked.
"""

from __future__ import annotations

import hashlib
import logging
import math
import unicodedata
from collections.abc import Callable
from typing import Any, Final

from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.template.loader import select_template
from django.utils.cache import add_never_cache_headers

from streams.addresses import bucket_of, client_address
from streams.apps import get_streams
from streams.conf import settings
from streams.limits import OverLimit

logger = logging.getLogger(__name__)

# A project may have a page of its own.
TEMPLATES: Final = ["too_many_logins.html", "streams/too_many_logins.html"]
# On a request: the seconds after which it may be tried again.
WAIT: Final = "_streams_login_wait"


class ThrottleBackend:
    """To be the first of AUTHENTICATION_BACKENDS. It lets nobody in, and stops some."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        """Raises PermissionDenied, at which Django asks no other backend."""
        if request is None:
            return  # nobody who is there over the network
        for bucket, limit in _buckets(request, credentials):
            if wait := _seconds_to_wait(bucket, limit):
                setattr(_plain(request), WAIT, wait)
                raise PermissionDenied

    async def aauthenticate(self, request: Any, **credentials: Any) -> None:
        await sync_to_async(self.authenticate)(request, **credentials)


class LoginThrottle:
    """Middleware: answers 429 to what ThrottleBackend has stopped."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        wait = getattr(request, WAIT, 0)
        return _too_many(request, wait) if wait else response


@receiver(user_login_failed, dispatch_uid="streams.logins")
def count_failure(credentials: dict[str, Any], request: Any = None, **_: Any) -> None:
    """A password was wrong, or there is no such user."""
    if request is None or hasattr(_plain(request), WAIT):
        return
    for bucket, limit in _buckets(request, credentials):
        was_exhausted = get_streams().limits.is_exhausted(bucket, limit)
        _hit(bucket, limit)
        if not was_exhausted and get_streams().limits.is_exhausted(bucket, limit):
            logger.warning("Too many failed logins from %s", _address_of(_plain(request)))


def _buckets(request: Any, credentials: dict[str, Any]) -> list[tuple[str, int]]:
    """What an attempt is counted under, and the limit of each.

    By user name as well, so that one person's typing errors lock no office out; by address, so
    that nobody tries one password with all names.
    """
    address = bucket_of(_address_of(_plain(request)))
    return [
        (f"logins.{address}.{_name_of(credentials)}", settings.MAX_LOGIN_FAILURES),
        (f"logins.{address}", settings.MAX_LOGIN_FAILURES_PER_ADDRESS),
    ]


def _name_of(credentials: dict[str, Any]) -> str:
    """A hash: people type passwords into the wrong field, and Redis need not have them."""
    field = get_user_model().USERNAME_FIELD
    name = str(credentials.get(field) or credentials.get("username") or "")
    folded = unicodedata.normalize("NFKC", name[:1000]).strip().casefold()
    return hashlib.sha256(folded.encode("utf-8", "replace")).hexdigest()[:32]


def _seconds_to_wait(bucket: str, limit: int) -> int:
    """0: there is nothing to wait for."""
    return _hit(bucket, limit) if get_streams().limits.is_exhausted(bucket, limit) else 0


def _hit(bucket: str, limit: int) -> int:
    """Count one; the seconds to wait, if there were too many."""
    try:
        async_to_sync(get_streams().limits.hit)(bucket, limit, settings.LOGIN_WINDOW_SECONDS)
    except OverLimit as error:
        return max(1, math.ceil(error.retry_seconds))
    return 0


def _too_many(request: HttpRequest, wait: int) -> HttpResponse:
    headers = {"Retry-After": str(wait)}
    if request.accepts("text/html"):
        page = select_template(TEMPLATES).render({"minutes": math.ceil(wait / 60)}, request)
        response = HttpResponse(page, status=429, headers=headers)
    else:
        text = f"Too many failed attempts to log in. Try again in {wait} seconds."
        response = HttpResponse(text, status=429, headers=headers, content_type="text/plain")
    add_never_cache_headers(response)
    return response


def _plain(request: Any) -> HttpRequest:
    """Django's own request, where a framework has wrapped it."""
    plain: HttpRequest = getattr(request, "_request", request)
    return plain


def _address_of(request: HttpRequest) -> str | None:
    # One header: Django joins several with commas.
    forwarded = request.headers.get("x-forwarded-for")
    peer = request.META.get("REMOTE_ADDR")
    return client_address(peer, [forwarded] if forwarded else [], settings.TRUSTED_PROXY_HOPS)
