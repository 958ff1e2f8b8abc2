"""The eleven sectors of the US market and their performance."""

from __future__ import annotations

import msgspec

SECTOR_NAMES = (
    "Basic Materials",
    "Communication Services",
    "Consumer Cyclical",
    "Consumer Defensive",
    "Energy",
    "Financial Services",
    "Healthcare",
    "Industrials",
    "Real Estate",
    "Technology",
    "Utilities",
)


class Sector(msgspec.Struct, frozen=True, kw_only=True):
    """Performance of one sector in percent; `name` is one of SECTOR_NAMES."""

    name: str
    day_return: float | None = None
    ytd_return: float | None = None
    year_return: float | None = None
    three_year_return: float | None = None
    five_year_return: float | None = None
