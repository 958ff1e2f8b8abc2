"""One value of a Yahoo answer to one Python value; None whenever it is not what it should be.

Yahoo writes the same number as 1.5, {"raw": 1.5, "fmt": "1.50"}, {} (unknown) or null.
Strings where numbers belong, booleans, NaN and infinities count as unknown as well.
"""

from __future__ import annotations

import html
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

MAX_TEXT_LENGTH = 300
MAX_PROSE_LENGTH = 10_000
MAX_URL_LENGTH = 2048
# The largest magnitude that a 64-bit integer, hence any client's JSON parser, can hold.
_MAX_COUNT = 2**63 - 1
_BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)

# With its semicolon: without one, HTML would take the end of "P&LT" for one too.
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

Reader = Callable[[Any], Any]
# Which field is read from where and how: field → (reader, path, fall-back paths …).
Table = Mapping[str, tuple[Any, ...]]


def read(table: Table, source: Any) -> dict[str, Any]:
    """The fields of `table` that `source` has; a path is keys joined by dots."""
    fields = {}
    for field, (reader, *paths) in table.items():
        values = (reader(at(source, path)) for path in paths)
        fields[field] = next((value for value in values if value is not None), None)
    return fields


def at(source: Any, path: str) -> Any:
    """The value at a dotted path of nested objects, or None where one is missing."""
    for key in path.split("."):
        source = source.get(key) if isinstance(source, dict) else None
    return source


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; anything else in it, or instead of it, is skipped."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def number(value: Any) -> float | None:
    """A finite number."""
    if isinstance(value, dict):
        value = value.get("raw")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


def positive(value: Any) -> float | None:
    """A number above zero; Yahoo writes 0 for highs, lows and caps that it does not know."""
    result = number(value)
    return result if result is not None and result > 0 else None


def percent(value: Any) -> float | None:
    """Percent from a fraction: 0.0041 is 0.41 %."""
    result = number(value)
    if result is None:
        return None
    scaled = round(result * 100, 10)
    return scaled if math.isfinite(scaled) else None


def count(value: Any) -> int | None:
    """A whole number, not negative."""
    result = number(value)
    return int(result) if result is not None and 0 <= result <= _MAX_COUNT else None


def stars(value: Any) -> int | None:
    """A rating from 1 to 5; Yahoo writes 0 for unrated."""
    result = count(value)
    return result if result is not None and 1 <= result <= 5 else None


def decimals(value: Any) -> int | None:
    """How many decimals prices are shown with."""
    result = count(value)
    return result if result is not None and result <= 12 else None


def text(value: Any) -> str | None:
    """A short line of text without control and bidi characters; None when nothing is left."""
    return _clean(value, MAX_TEXT_LENGTH)


def prose(value: Any) -> str | None:
    """A long text, on one line."""
    return _clean(value, MAX_PROSE_LENGTH)


def _clean(value: Any, max_length: int) -> str | None:
    if not isinstance(value, str):
        return None
    # Twice the length leaves room for what is dropped and keeps the work bounded.
    kept = "".join(map(_printable, _unescaped(value[: 2 * max_length])))
    return " ".join(kept.split())[:max_length].rstrip() or None


def _unescaped(value: str) -> str:
    """Without HTML's entities, once: "S&amp;P" is S&P, and AT&T and P&LT stay what they are."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), value)


def _printable(character: str) -> str:
    if character.isspace():
        return " "
    if character in _BIDI_CONTROLS or unicodedata.category(character) in ("Cc", "Cs"):
        return ""
    return character


def url(value: Any) -> str | None:
    """An http or https address that is safe to put into a link."""
    if not isinstance(value, str) or len(value) > MAX_URL_LENGTH:
        return None
    value = _unescaped(value)
    if not value.startswith(("https://", "http://")) or not value.isprintable() or " " in value:
        return None
    return None if any(mark in value for mark in "\"'<>\\`") else value


def day(value: Any) -> date | None:
    """The UTC date of a time stamp in seconds; of a list (a window of dates), its first."""
    if isinstance(value, list):
        value = value[0] if value else None
    at_time = moment(value)
    return None if at_time is None else at_time.date()


def moment(value: Any) -> datetime | None:
    """An aware time from seconds since 1970, or from ISO 8601 as in 2025-10-29T20:33:56Z."""
    try:
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value)
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
        seconds = number(value)
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
