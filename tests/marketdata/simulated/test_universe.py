from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketdata.domain.indices import INDICES
from marketdata.domain.sectors import SECTOR_NAMES
from marketdata.providers.simulated.instruments import Kind
from marketdata.providers.simulated.listings import read_instruments
from marketdata.providers.simulated.universe import (
    LISTED,
    STOCKS,
    get_generated_symbol,
    get_instrument,
    parse_generated_number,
)
from marketdata.symbols import parse_symbol

INDEX_SYMBOLS = {index.symbol for index in INDICES}


def test_every_listed_symbol_is_canonical() -> None:
    assert [parse_symbol(symbol) for symbol in LISTED] == list(LISTED)


def test_no_symbol_is_listed_twice() -> None:
    counts = Counter(instrument.symbol for instrument in read_instruments())
    assert [symbol for symbol, count in counts.items() if count > 1] == []


def test_about_150_instruments_are_listed_besides_the_indices() -> None:
    assert 150 <= len(LISTED.keys() - INDEX_SYMBOLS) <= 200


def test_every_index_of_the_market_overview_is_listed_under_its_name() -> None:
    listed = {index.symbol: LISTED[index.symbol].name for index in INDICES}
    assert listed == {index.symbol: index.name for index in INDICES}


def test_every_kind_of_instrument_is_listed() -> None:
    assert {instrument.kind for instrument in LISTED.values()} == set(Kind)


def test_every_sector_has_at_least_eight_stocks() -> None:
    counts = Counter(stock.sector for stock in STOCKS)
    assert set(counts) == set(SECTOR_NAMES)
    assert min(counts.values()) >= 8


def test_every_stock_has_the_facts_of_a_stock() -> None:
    for stock in STOCKS:
        assert stock.industry
        assert stock.employees
        assert stock.eps
        assert stock.beta
        assert stock.shares
        assert stock.average_volume


def test_market_capitalisations_are_those_of_companies() -> None:
    for stock in STOCKS:
        assert stock.shares
        assert 5e9 < stock.base_price * stock.shares < 1e13, stock.symbol


@pytest.mark.parametrize(
    ("symbol", "decimals"),
    [
        ("AAPL", 2),
        ("BTC-USD", 2),
        ("SHIB-USD", 8),
        ("EURUSD=X", 4),
        ("USDJPY=X", 3),
        ("^GSPC", 2),
    ],
)
def test_prices_have_the_decimals_of_their_market(symbol: str, decimals: int) -> None:
    assert LISTED[symbol].price_hint == decimals


@settings(deadline=None)
@given(st.integers(1, 9999))
def test_every_generated_symbol_exists_and_is_the_same_each_time(number: int) -> None:
    symbol = f"SIM{number:04}"
    instrument = get_instrument(symbol)
    assert instrument
    assert instrument.name == f"Simulated {number:04} Corp."
    assert instrument.sector in SECTOR_NAMES
    assert 5 <= instrument.base_price <= 500
    assert get_generated_symbol(number) == symbol
    assert parse_generated_number(symbol) == number


@pytest.mark.parametrize(
    "symbol", ["SIM0000", "SIM1", "SIM001", "SIM10000", "SIM12345", "XSIM0001", "NOPE", "", "SIM"]
)
def test_other_symbols_do_not_exist(symbol: str) -> None:
    assert get_instrument(symbol) is None
