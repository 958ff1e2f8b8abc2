"""A simulated market: prices that move by formula, for demos, tests and load."""

from marketdata.providers.simulated.provider import SimulatedProvider

__all__ = ["SimulatedProvider"]
