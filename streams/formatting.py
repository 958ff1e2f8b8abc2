"""How domain numbers and dates look on the wire: pure functions, None for what is unknown.

NaN and infinity count as unknown. Nothing depends on the locale, nothing is ever in
scientific notation, and zero is never negative. Percentages are given in percent (1.25
means 1.25 %), as everywhere in marketdata.domain.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from typing import TypeGuard

from marketdata.decimals import decimals_of, hinted_decimals
from streams.values import Risk

# A smaller share of the price is "+0.00%".
_LEAST_SHOWN_SHARE = 0.00005

_UNITS = ((1e3, "K"), (1e6, "M"), (1e9, "B"), (1e12, "T"))

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_YEAR_SECONDS = 365 * 86400
_SPANS = (
    (_YEAR_SECONDS, "year"),
    (_YEAR_SECONDS / 12, "month"),
    (7 * 86400, "week"),
    (86400, "day"),
    (3600, "hour"),
    (60, "minute"),
)

_RISKS: dict[int, Risk] = {
    1: "Low",
    2: "Below Average",
    3: "Average",
    4: "Above Average",
    5: "High",
}


def price_text(value: float | None, price_hint: int | None = None) -> str | None:
    """A price: "150.25", "0.00000123". `price_hint` is the number of decimals, 0 to 10.

    Without a hint there are two. A price that needs more to have three significant digits, four
    below 1, has them.
    """
    if not _is_known(value):
        return None
    return _decimal(value, decimals_of(value, price_hint), price_hint, sign="-")


def change_text(
    value: float | None, price: float | None, price_hint: int | None = None
) -> str | None:
    """A change of a price, with decimals like the price's: "+2.15", "-1.26", "+0.00".

    One that these would hide, though its percentage is not zero, has digits of its own.
    """
    if not _is_known(value):
        return None
    beside = price if _is_known(price) and price else value
    decimals = decimals_of(beside, price_hint)
    is_hidden = round(value, decimals) == 0 and abs(value) >= abs(beside) * _LEAST_SHOWN_SHARE
    if is_hidden:
        decimals = decimals_of(value, price_hint)
    return _decimal(value, decimals, price_hint, sign="+")


def percent_text(value: float | None) -> str | None:
    """A change in percent: "+1.45%", "-0.84%", "+22,857.89%", "+0.00%"."""
    return f"{value:+z,.2f}%" if _is_known(value) else None


def rate_text(value: float | None) -> str | None:
    """A share in percent, with no plus sign: a yield, an expense ratio, a turnover: "0.05%"."""
    return f"{value:z,.2f}%" if _is_known(value) else None


def decimal_text(value: float | None) -> str | None:
    """A plain figure with two decimals: beta, P/E, EPS: "1.25"."""
    return f"{value:z.2f}" if _is_known(value) else None


def count_text(value: float | None) -> str | None:
    """A whole number: "150,000"."""
    return f"{round(value):,}" if _is_known(value) else None


def short_number_text(value: float | None) -> str | None:
    """A large number in thousands, millions, billions or trillions: "2.94T", "10.50B", "532.00"."""
    if not _is_known(value):
        return None
    text = f"{value:z.2f}"
    for size, unit in _UNITS:
        # The rounded text decides, so that 999_999 carries to "1.00M" and is not "1000.00K".
        if abs(float(text.rstrip("KMBT"))) < 1000:
            break
        text = f"{value / size:.2f}{unit}"
    return text


def date_text(day: date | None) -> str | None:
    """A day: "Feb 05, 2024"."""
    return f"{_MONTHS[day.month - 1]} {day.day:02d}, {day.year}" if day is not None else None


def ago_text(at: datetime | None, now: datetime) -> str | None:
    """How long ago `at` was: "3 hours ago", "1 minute ago"; "just now" below a minute or if ahead.

    Both are aware datetimes.
    """
    if at is None:
        return None
    seconds = (now - at).total_seconds()
    for size, unit in _SPANS:
        count = int(seconds // size)
        if count >= 1:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def stars_text(rating: int | None) -> str | None:
    """A Morningstar rating of 1 to 5 stars: "★★"; None for anything else."""
    return "★" * int(rating) if rating is not None and rating in range(1, 6) else None


def risk_text(rating: int | None) -> Risk | None:
    """A Morningstar risk rating, 1 ("Low") to 5 ("High"); None for anything else."""
    return _RISKS.get(rating) if rating is not None else None


def _is_known(value: float | None) -> TypeGuard[float]:
    # False for NaN and infinity, and for integers too large for a float.
    return value is not None and abs(value) <= sys.float_info.max


def _decimal(value: float, decimals: int, price_hint: int | None, sign: str) -> str:
    """Beyond the decimals of the hint, zeros at the end tell nothing."""
    # The z option of PEP 682 turns "-0.00", also after rounding, into "0.00".
    text = f"{value:{sign}z.{decimals}f}"
    whole, point, fraction = text.partition(".")
    return f"{whole}{point}{fraction.rstrip('0').ljust(hinted_decimals(price_hint), '0')}".rstrip(
        "."
    )
