"""The sources of market data, and the one function that picks one by name."""

from __future__ import annotations

from marketdata.providers.base import Provider

PROVIDER_NAMES = ("simulated", "yahoo")


def build_provider(name: str, *, yahoo_base_url: str = "", yahoo_user_agent: str = "") -> Provider:
    """The provider of this name, one of PROVIDER_NAMES; ValueError for any other.

    `yahoo_base_url` replaces scheme and host of every Yahoo URL; empty means the real ones.
    """
    # Imported when chosen: the simulated market should not load an HTTP client.
    match name:
        case "simulated":
            from marketdata.providers.simulated.provider import SimulatedProvider

            return SimulatedProvider()
        case "yahoo":
            from marketdata.providers.yahoo.provider import YahooProvider

            return YahooProvider(base_url=yahoo_base_url, user_agent=yahoo_user_agent)
        case _:
            raise ValueError(f"{name!r} is not a provider; known are {', '.join(PROVIDER_NAMES)}")
