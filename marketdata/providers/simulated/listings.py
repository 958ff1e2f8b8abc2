"""The listed instruments: real names at plausible prices, read from the files in data/."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TypeVar

import msgspec

from marketdata.domain.indices import INDICES
from marketdata.providers.simulated.instruments import (
    MILLION,
    STOCK_DRIFT,
    FundFacts,
    Instrument,
    Kind,
    get_stock_volatility,
)

_DATA = Path(__file__).parent / "data"


class _StockRow(msgspec.Struct):
    symbol: str
    name: str
    sector: str
    industry: str
    price: float
    shares_millions: float
    dividend: float
    beta: float
    eps: float
    volume_millions: float
    employees: int
    listed: int


class _FundRow(msgspec.Struct):
    symbol: str
    name: str
    category: str
    price: float
    shares_millions: float
    dividend: float
    beta: float
    volume_millions: float
    expense_ratio: float
    turnover: float
    rating: int
    risk: int
    capital_gain: float
    inception: date


class _OtherRow(msgspec.Struct):
    symbol: str
    name: str
    kind: Kind
    price: float
    price_hint: int
    currency: str
    volatility: float
    market_loading: float
    drift: float
    supply_millions: float
    volume_millions: float
    listed: int


class _IndexRow(msgspec.Struct):
    symbol: str
    level: float
    currency: str
    market_loading: float
    volatility: float
    listed: int


Row = TypeVar("Row")


def read_instruments() -> Iterator[Instrument]:
    """Every listed instrument: stocks, funds, crypto, currencies, futures, indices."""
    for read in (_read_stocks, _read_funds, _read_others, _read_indices):
        yield from read()


def _read(name: str, row_type: type[Row]) -> Iterator[Row]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield msgspec.convert(row, row_type, strict=False)


def _read_stocks() -> Iterator[Instrument]:
    for row in _read("stocks.csv", _StockRow):
        yield Instrument(
            symbol=row.symbol,
            name=row.name,
            kind=Kind.STOCK,
            rests=True,
            base_price=row.price,
            volatility=get_stock_volatility(row.beta),
            market_loading=row.beta,
            drift=STOCK_DRIFT,
            shares=row.shares_millions * MILLION,
            average_volume=round(row.volume_millions * MILLION),
            listed_on=date(row.listed, 1, 2),
            sector=row.sector,
            industry=row.industry,
            beta=row.beta,
            eps=row.eps,
            dividend=row.dividend,
            employees=row.employees,
        )


def _read_funds() -> Iterator[Instrument]:
    for row in _read("funds.csv", _FundRow):
        yield Instrument(
            symbol=row.symbol,
            name=row.name,
            kind=Kind.FUND,
            rests=True,
            base_price=row.price,
            volatility=0.1 + 0.4 * abs(row.beta - 1.0),
            market_loading=row.beta,
            drift=0.06 * min(row.beta, 1.2),
            shares=row.shares_millions * MILLION,
            average_volume=round(row.volume_millions * MILLION),
            listed_on=row.inception,
            beta=row.beta,
            dividend=row.dividend,
            fund=FundFacts(
                category=row.category,
                expense_ratio=row.expense_ratio,
                turnover=row.turnover,
                rating=row.rating,
                risk=row.risk,
                capital_gain=row.capital_gain,
            ),
        )


def _read_others() -> Iterator[Instrument]:
    for row in _read("others.csv", _OtherRow):
        yield Instrument(
            symbol=row.symbol,
            name=row.name,
            kind=row.kind,
            base_price=row.price,
            price_hint=row.price_hint,
            currency=row.currency,
            volatility=row.volatility,
            market_loading=row.market_loading,
            drift=row.drift,
            shares=row.supply_millions * MILLION or None,
            average_volume=round(row.volume_millions * MILLION),
            listed_on=date(row.listed, 1, 2),
        )


def _read_indices() -> Iterator[Instrument]:
    names = {index.symbol: index.name for index in INDICES}
    for row in _read("index_levels.csv", _IndexRow):
        yield Instrument(
            symbol=row.symbol,
            name=names.get(row.symbol, row.symbol),
            kind=Kind.INDEX,
            rests=True,
            base_price=row.level,
            currency=row.currency,
            volatility=row.volatility,
            market_loading=row.market_loading,
            drift=0.05 * min(max(row.market_loading, 0.0), 1.0),
            listed_on=date(row.listed, 1, 2),
        )
