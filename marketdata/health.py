"""How a source of market data is doing: what metrics and admin pages show of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, runtime_checkable

import msgspec


class BreakerHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A circuit breaker: open ones let nothing through for `seconds_left`."""

    state: Literal["closed", "open", "half-open"]
    seconds_left: float = 0.0


class TurnsHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How old the quotes are that the last tick showed; more than 0 when symbols take turns."""

    at: float  # Unix seconds
    symbols: int
    asked: int
    waiting: int  # without a value, because their turn is yet to come
    mean_age_seconds: float
    oldest_age_seconds: float


class UpstreamHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A source as its processes see it together; `calls` are those of the process asked.

    `calls` counts by group of endpoints and outcome: `ok` or the name of an error.
    """

    breakers: Mapping[str, BreakerHealth]
    budget_level: float
    budget_per_second: float
    budget_burst: int
    crumb_age_seconds: float | None = None
    turns: TurnsHealth | None = None
    calls: Mapping[str, Mapping[str, int]] = {}
    stream: str = "off"

    @property
    def is_open(self) -> bool:
        """Whether any breaker keeps calls back."""
        return any(breaker.state != "closed" for breaker in self.breakers.values())


@runtime_checkable
class ReportsHealth(Protocol):
    """A provider that knows how its source is doing."""

    def get_health(self) -> UpstreamHealth:
        """A moment's view. Blocks for as long as the shared store takes."""
