"""What the tests of the simulated market draw from: moments, and symbols that it has."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from marketdata.deadlines import Deadline
from marketdata.domain.quote import SimpleQuote
from marketdata.providers.simulated import SimulatedProvider
from marketdata.providers.simulated.universe import LISTED, get_generated_symbol

MONDAY_NOON = datetime(2026, 6, 15, 16, 0, tzinfo=UTC)

moments = st.datetimes(
    datetime.fromisoformat("2020-01-01"),
    datetime.fromisoformat("2045-01-01"),
    timezones=st.just(UTC),
)
generated_symbols = st.integers(1, 9999).map(get_generated_symbol)
symbols = st.sampled_from(sorted(LISTED)) | generated_symbols


def soon() -> Deadline:
    return Deadline.after(60)


def get_quote(symbol: str, now: datetime) -> SimpleQuote:
    return SimulatedProvider().fetch_quotes([symbol], now, soon()).found[symbol]


def get_price(symbol: str, now: datetime) -> float:
    price = get_quote(symbol, now).price
    assert price is not None
    return price
