"""Forms of the admin that make keys: one key for one form, shown on one page, once.

A form has a secret of its own, which the server does not keep. Its keys are computed from that
secret and SECRET_KEY, so that a form that is sent twice makes no second key. The answer puts the
secret into a cookie of some minutes and redirects to the page that shows the keys: it computes
them again, and wipes what it found them by. Neither the database nor the cookie has a key.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from streams.keys import NewKey, is_same
from streams.models import ApiKey

FIELD: Final = "form_secret"
COOKIE: Final = "streams_new_keys"
COOKIE_SECONDS: Final = 300
_SECRET: Final = re.compile(r"[\w-]{43}", re.ASCII)


def new_secret() -> str:
    """Of a form that nobody has sent yet."""
    return secrets.token_urlsafe(32)


def secret_of(request: HttpRequest) -> str:
    """That of the form which was sent; one without is a form of its own."""
    sent = request.POST.get(FIELD, "")
    return sent if _SECRET.fullmatch(sent) else new_secret()


class KeyForm:
    """A form that `user` sent, or, by its cookie, that was sent a moment ago."""

    def __init__(self, secret: str, user: Any) -> None:
        self._secret = secret
        self._user = str(user.pk)

    @property
    def digest(self) -> str:
        """What its records are found by until their keys were shown."""
        return hashlib.sha256(f"{self._user} {self._secret}".encode()).hexdigest()

    def key_for(self, purpose: str) -> NewKey:
        """The key that this form makes for something; always the same."""
        return self._compute(self._hmac(f"prefix {purpose}").hex()[:8])

    def has_made(self, purpose: str) -> bool:
        """Whether the form was sent before."""
        return ApiKey.objects.filter(digest=self.key_for(purpose).digest).exists()

    def take_keys(self) -> Sequence[tuple[ApiKey, NewKey]]:
        """Its records and keys; nobody gets them again."""
        taken = []
        for record in ApiKey.objects.filter(form_digest=self.digest).order_by("pk"):
            waiting = ApiKey.objects.filter(pk=record.pk, form_digest=self.digest)
            key = self._compute(record.prefix.removeprefix("fq_"))
            if waiting.update(form_digest="") and is_same(key.digest, record.digest):
                taken.append((record, key))
        return taken

    def _compute(self, prefix: str) -> NewKey:
        secret = base64.urlsafe_b64encode(self._hmac(f"key {prefix}")).decode().rstrip("=")
        return NewKey(f"fq_{prefix}_{secret}")

    def _hmac(self, what: str) -> bytes:
        value = f"{self._user} {self._secret} {what}"
        return salted_hmac("streams.key_forms", value, algorithm="sha256").digest()


def remember(response: HttpResponse, secret: str, path: str) -> None:
    """For the page at `path`, to which the response sends the browser."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=COOKIE_SECONDS,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def secret_in_cookie(request: HttpRequest) -> str:
    """Of the form that was sent a moment ago; "" if there was none."""
    sent = request.COOKIES.get(COOKIE, "")
    return sent if _SECRET.fullmatch(sent) else ""
