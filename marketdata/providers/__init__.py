"""The sources of market data, and the one function that picks one by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketdata.providers.base import Provider
from marketdata.sharing import SharedStore

PROVIDER_NAMES = ("simulated", "yahoo")


def build_provider(
    name: str,
    options: Mapping[str, Any] | None = None,
    store: SharedStore | None = None,
) -> Provider:
    """The provider of this name, one of PROVIDER_NAMES; ValueError for any other.

    `options` are those of the provider that are not its defaults, for Yahoo the fields of
    YahooOptions. `store` is what the processes of a cluster share; without one, this process
    shares with nobody.
    """
    # Imported when chosen: the simulated market should not load an HTTP client.
    match name:
        case "simulated":
            from marketdata.providers.simulated.provider import SimulatedProvider

            return SimulatedProvider()
        case "yahoo":
            from marketdata.providers.yahoo.options import YahooOptions
            from marketdata.providers.yahoo.provider import YahooProvider

            return YahooProvider(YahooOptions(**options or {}), store)
        case _:
            raise ValueError(f"{name!r} is not a provider; known are {', '.join(PROVIDER_NAMES)}")
