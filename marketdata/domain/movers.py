"""The day's movers: the most active symbols, the greatest gains, the greatest losses."""

from __future__ import annotations

import msgspec


class Mover(msgspec.Struct, frozen=True, kw_only=True):
    symbol: str
    name: str
    price: float | None = None
    change: float | None = None
    percent_change: float | None = None
    volume: int | None = None
    price_hint: int | None = None


class Movers(msgspec.Struct, frozen=True, kw_only=True):
    """Three lists, strongest first. None marks a list that could not be fetched."""

    actives: tuple[Mover, ...] | None = None
    gainers: tuple[Mover, ...] | None = None
    losers: tuple[Mover, ...] | None = None
