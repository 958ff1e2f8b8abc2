"""What an answer means before it is parsed: good, or which of our errors it is."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from marketdata.errors import (
    AuthenticationFailed,
    MalformedAnswer,
    NotFound,
    ProviderUnavailable,
    RateLimited,
    RequestRefused,
    SourceRefuses,
)
from marketdata.providers.yahoo.transport import Answer

_TRUNCATED = "truncated"  # from msgspec's message for input that ends too early
_MAX_DIGITS = 400
_LIMIT = b"too many requests"
_ERROR = re.compile(rb'"error"\s*:\s*(?!null)\S')
# How far into an answer these words tell of a limit: later they are somebody's text.
_LIMIT_BYTES = 2048
# An answer with data in it is longer than this; a headline in it may well speak of requests.
_MAX_LIMIT_BYTES = 1024


def check(answer: Answer, what: str) -> bytes:
    """The body of a good answer.

    Raises RateLimited (429, or its words), AuthenticationFailed (401, and 403 that names the
    crumb), NotFound (404 that is no web page), RequestRefused (400, 422 likewise), SourceRefuses
    (999, redirects, a block page) and ProviderUnavailable for the rest: 5xx, a web page where
    data belongs, an empty body.
    """
    require_no_limit(answer, what)
    status, body = answer.status, answer.body
    if status == 401 or (status == 403 and b"crumb" in body.lower()):
        raise AuthenticationFailed(f"{what}: answered {status}")
    if status == 404 and not is_web_page(body):
        raise NotFound(f"{what}: not found")
    if status in (400, 422) and not is_web_page(body):
        raise RequestRefused(f"{what}: answered {status}")
    if 300 <= status < 500 or status > 599:
        raise SourceRefuses(f"{what}: answered {status}")
    if not 200 <= status < 300:
        raise ProviderUnavailable(f"{what}: answered {status}")
    if not body.strip():
        raise ProviderUnavailable(f"{what}: an empty answer")
    if is_web_page(body):
        raise ProviderUnavailable(f"{what}: a web page instead of data")
    return body


def _decode_leniently(body: bytes, what: str) -> Any:
    try:
        return _LENIENT.decode(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer(f"{what}: {error}") from error


def _int(digits: str) -> int | None:
    # Python refuses to read numbers of thousands of digits.
    return int(digits) if len(digits) <= _MAX_DIGITS else None


_LENIENT = json.JSONDecoder(strict=False, parse_constant=lambda _: None, parse_int=_int)


def require_no_limit(answer: Answer, what: str) -> None:
    """RateLimited when this says, in whatever status and form, that we have asked too often."""
    if answer.status == 429 or _tells_of_a_limit(answer):
        raise RateLimited(f"{what}: too many requests", _retry_after_seconds(answer))


def _tells_of_a_limit(answer: Answer) -> bool:
    """Yahoo's edge says it with status 200 or 403 as well: as a text, a page or an error."""
    start = answer.body[:_LIMIT_BYTES].lower()
    if _LIMIT not in b" ".join(start.split()):
        return False
    if answer.status >= 400 or is_web_page(answer.body):
        return True
    if start.lstrip().startswith((b"{", b"[")):
        return len(answer.body) <= _MAX_LIMIT_BYTES and _ERROR.search(start) is not None
    return len(answer.body) <= _MAX_LIMIT_BYTES and not start.lstrip().startswith(b"<")


def decode_json(body: bytes, what: str) -> Any:
    """The JSON value of a body. What is nearly JSON counts: one bad value costs only itself.

    NaN and Infinity are None; bytes that are no UTF-8 are replaced, control characters kept.
    Raises ProviderUnavailable when the text was cut off, MalformedAnswer when it is no JSON.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        if _TRUNCATED in str(error):
            raise ProviderUnavailable(f"{what}: a truncated answer") from error
        return _decode_leniently(body, what)


def is_web_page(body: bytes) -> bool:
    """Whether a body is HTML, as consent, error and block pages are."""
    start = body[:512].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def _retry_after_seconds(answer: Answer) -> float | None:
    """Seconds from a Retry-After header, which holds seconds or a date."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
