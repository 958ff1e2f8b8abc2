"""What a view knows besides the message that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """`height` is in lines, `width` in columns.

    `moved` says whose price just rose (1) or fell (-1).
    """

    now: datetime
    height: int
    width: int = 80
    symbols: tuple[str, ...] = ()
    moved: Mapping[str, int] = {}
