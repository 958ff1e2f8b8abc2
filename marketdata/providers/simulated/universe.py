"""The simulated market's instruments by symbol: the listed ones, and SIM0001 to SIM9999."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from marketdata.domain.sectors import SECTOR_NAMES
from marketdata.providers.simulated.instruments import (
    MILLION,
    STOCK_DRIFT,
    Instrument,
    Kind,
    get_stock_volatility,
)
from marketdata.providers.simulated.listings import read_instruments
from marketdata.providers.simulated.noise import get_fractions

GENERATED_COUNT = 9999

_GENERATED = re.compile(r"SIM([0-9]{4})")

LISTED: Mapping[str, Instrument] = MappingProxyType(
    {instrument.symbol: instrument for instrument in read_instruments()}
)
STOCKS = tuple(item for item in LISTED.values() if item.kind is Kind.STOCK)


def get_instrument(symbol: str) -> Instrument | None:
    """The instrument of a canonical symbol; None when the simulated market has none."""
    if listed := LISTED.get(symbol):
        return listed
    number = parse_generated_number(symbol)
    return None if number is None else _generate(number)


def get_generated_symbol(number: int) -> str:
    """SIM0001 … SIM9999; numbers outside that range start again at the other end."""
    return f"SIM{(number - 1) % GENERATED_COUNT + 1:04}"


def parse_generated_number(symbol: str) -> int | None:
    """17 for SIM0017; None for what is not a generated symbol."""
    match = _GENERATED.fullmatch(symbol)
    return int(match[1]) or None if match else None


# Of generated symbols only, which it has room for: unknown ones must not push them out.
@lru_cache(maxsize=GENERATED_COUNT)
def _generate(number: int) -> Instrument:
    symbol = get_generated_symbol(number)
    price, beta, size, volume, earnings, dividend, staff = get_fractions(symbol, 7)
    price = round(5.0 * 100.0**price, 2)
    beta = round(0.4 + 1.4 * beta, 2)
    return Instrument(
        symbol=symbol,
        name=f"Simulated {number:04} Corp.",
        kind=Kind.STOCK,
        base_price=price,
        volatility=get_stock_volatility(beta),
        market_loading=beta,
        drift=STOCK_DRIFT,
        shares=int(20 + 2000 * size) * MILLION,
        average_volume=int(200 + 20_000 * volume) * 1000,
        listed_on=date(1990 + number % 25, 1, 2),
        sector=SECTOR_NAMES[number % len(SECTOR_NAMES)],
        industry="Simulated Companies",
        beta=beta,
        eps=round(price / (8 + 30 * earnings), 2),
        dividend=round(price * 0.03 * dividend, 2),
        employees=int(100 + 90_000 * staff),
    )
