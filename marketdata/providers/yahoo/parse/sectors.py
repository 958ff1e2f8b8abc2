"""v1/finance/sectors: the performance of one sector.

Unit table: every figure is a fraction (0.0041 is 0.41 %).
"""

from __future__ import annotations

from typing import Any

from marketdata.domain.sectors import Sector
from marketdata.errors import MalformedAnswer
from marketdata.providers.yahoo.parse.values import Table, at, percent, read

_SECTOR: Table = {
    "day_return": (percent, "regMarketChangePercent"),
    "ytd_return": (percent, "ytdChangePercent"),
    "year_return": (percent, "oneYearChangePercent"),
    "three_year_return": (percent, "threeYearChangePercent"),
    "five_year_return": (percent, "fiveYearChangePercent"),
}


def parse_sector(payload: Any, name: str) -> Sector:
    """The performance of the sector that is called `name` here."""
    performance = at(payload, "data.performance")
    if not isinstance(performance, dict):
        raise MalformedAnswer("no performance in the answer of a sector")
    return Sector(name=name, **read(_SECTOR, performance))
