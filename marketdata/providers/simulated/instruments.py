"""What an instrument of the simulated market is: the facts that do not move."""

from __future__ import annotations

from datetime import date
from enum import Enum

import msgspec

MILLION = 1_000_000
STOCK_DRIFT = 0.07


class Kind(Enum):
    STOCK = "stock"
    FUND = "fund"
    INDEX = "index"
    CRYPTO = "crypto"
    CURRENCY = "currency"
    FUTURE = "future"


class FundFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What only a fund has. Rates in percent, `capital_gain` in dollars a share."""

    category: str
    expense_ratio: float
    turnover: float
    rating: int
    risk: int
    capital_gain: float


class Instrument(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One instrument. `base_price` is what it cost at the simulation's anchor date.

    `volatility` is the day's standard deviation, in percent, of what moves this instrument
    alone; `market_loading` is how much of the whole market's move it takes; `drift` is the
    growth of the logarithm of its price per year. `shares` may be coins; None means that
    it has no market capitalisation.
    """

    # Without eq an instrument is hashed by identity, which keeps caches keyed by it fast.

    symbol: str
    name: str
    kind: Kind
    base_price: float
    price_hint: int = 2
    currency: str = "USD"
    volatility: float = 1.0
    market_loading: float = 0.0
    drift: float = 0.0
    shares: float | None = None
    average_volume: int = 0
    listed_on: date
    sector: str | None = None
    industry: str | None = None
    beta: float | None = None
    eps: float | None = None
    dividend: float = 0.0
    employees: int | None = None
    fund: FundFacts | None = None
    # Trades while its exchange does, and not around the clock.
    rests: bool = False


def get_stock_volatility(beta: float) -> float:
    """A stock's own volatility: what swings with the market also swings on its own."""
    return 0.7 + 0.5 * beta
