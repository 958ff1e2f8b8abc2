"""How each endpoint's message looks in a terminal, however wide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rich.console import RenderableType

from streams.subscriptions import Endpoint
from streams.terminal.views.hours import hours_view
from streams.terminal.views.market import market_view
from streams.terminal.views.profile import profile_view
from streams.terminal.views.quotes import quotes_view
from streams.terminal.views.surroundings import Surroundings

View = Callable[[Any, Surroundings], RenderableType]

VIEWS: Final[Mapping[Endpoint, View]] = {
    Endpoint.PROFILE: profile_view,
    Endpoint.QUOTES: quotes_view,
    Endpoint.MARKET: market_view,
    Endpoint.HOURS: hours_view,
}

__all__ = ["VIEWS", "Surroundings", "View"]
