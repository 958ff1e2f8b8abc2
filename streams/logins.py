"""Slows down who tries passwords, on every login form of the site: Django middleware."""

from __future__ import annotations

import math
from collections.abc import Callable

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse

from streams.addresses import bucket_of, client_address
from streams.apps import get_streams
from streams.conf import settings
from streams.limits import OverLimit

MAX_LOGINS_PER_WINDOW = 10
WINDOW_SECONDS = 300.0
LOGIN_URL_NAMES = {"login", "admin:login"}


class LoginThrottle:
    """Answers 429 to an address that has sent too many login forms."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        match = request.resolver_match
        if request.method != "POST" or match is None or match.view_name not in LOGIN_URL_NAMES:
            return None
        bucket = f"logins.{bucket_of(_address_of(request))}"
        try:
            async_to_sync(get_streams().limits.hit)(bucket, MAX_LOGINS_PER_WINDOW, WINDOW_SECONDS)
        except OverLimit as error:
            wait = math.ceil(error.retry_seconds)
            text = f"Too many attempts to log in. Try again in {wait} seconds."
            return HttpResponse(
                text, status=429, headers={"Retry-After": wait}, content_type="text/plain"
            )
        return None


def _address_of(request: HttpRequest) -> str | None:
    # One header: Daphne joins several with commas.
    forwarded = request.headers.get("x-forwarded-for")
    peer = request.META.get("REMOTE_ADDR")
    return client_address(peer, [forwarded] if forwarded else [], settings.TRUSTED_PROXY_HOPS)
