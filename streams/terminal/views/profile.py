"""A profile: price, facts, returns, similar instruments and news."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from streams.terminal.views.cells import (
    cell,
    change_cell,
    grid,
    heading,
    marked_cell,
    object_in,
    price_cell,
    rows_in,
)
from streams.terminal.views.surroundings import Surroundings

FACTS: Final = {
    "open": "Open",
    "high": "High",
    "low": "Low",
    "yearHigh": "Year high",
    "yearLow": "Year low",
    "volume": "Volume",
    "avgVolume": "Avg. volume",
    "marketCap": "Market cap",
    "beta": "Beta",
    "pe": "P/E",
    "eps": "EPS",
    "dividend": "Dividend",
    "yield": "Yield",
    "exDividend": "Ex-dividend",
    "earningsDate": "Earnings",
    "employees": "Employees",
    "netAssets": "Net assets",
    "nav": "NAV",
    "expenseRatio": "Expenses",
    "category": "Category",
    "holdingsTurnover": "Turnover",
    "lastCapitalGain": "Capital gain",
    "morningstarRating": "Morningstar",
    "morningstarRiskRating": "Risk",
    "lastDividend": "Last div.",
    "inceptionDate": "Since",
}
RETURNS: Final = {
    "fiveDaysReturn": "5 d",
    "oneMonthReturn": "1 m",
    "threeMonthReturn": "3 m",
    "sixMonthReturn": "6 m",
    "ytdReturn": "ytd",
    "yearReturn": "1 y",
    "threeYearReturn": "3 y",
    "fiveYearReturn": "5 y",
    "tenYearReturn": "10 y",
    "maxReturn": "max",
}
_FACT_COLUMNS: Final = 3
_RETURN_COLUMNS: Final = 5
# Everything but the lists, on a terminal where each fact is known.
_OTHER_LINES: Final = 18


def profile_view(message: Any, around: Surroundings) -> RenderableType:
    quote = object_in(message, "quote")
    if not quote:
        return cell(_why_nothing(message, ", ".join(around.symbols)), "yellow")
    lines = max(3, (around.height - _OTHER_LINES) // 2)
    return Group(
        _headline(quote, around.moved.get(str(quote.get("symbol")), 0)),
        _industry(quote, object_in(message, "sectorPerformance")),
        _facts(quote),
        _returns(quote),
        _similar(rows_in(message, "similar")[:lines]),
        _news(rows_in(message, "news")[:lines]),
    )


def _why_nothing(message: Any, symbol: str) -> str:
    if isinstance(message, dict) and message.get("status") == "unavailable":
        return f"There is no quote of {symbol} for now: the source does not answer."
    return f"Nothing is known of {symbol}."


def _headline(quote: dict[str, Any], moved: int) -> RenderableType:
    line = grid("left", "left", "right", "left", "right", "right")
    line.add_row(
        cell(quote.get("symbol"), "bold"),
        _cut(quote.get("name"), 34),
        price_cell(quote.get("price"), moved),
        cell(quote.get("currency"), "dim"),
        change_cell(quote.get("change")),
        marked_cell(quote.get("percentChange")),
    )
    return Group(line, *_extended(quote))


def _extended(quote: dict[str, Any]) -> list[Text]:
    names = {"preMarketPrice": "Pre-market", "afterHoursPrice": "After hours"}
    return [cell(f"{name} {quote[key]}", "dim") for key, name in names.items() if quote.get(key)]


def _industry(quote: dict[str, Any], sector: dict[str, Any]) -> Text:
    parts = [str(quote[key]) for key in ("industry", "sector") if quote.get(key)]
    line = cell(" · ".join(parts) or quote.get("category"), "dim")
    if sector.get("dayReturn"):
        line.append("  sector today ")
        line.append_text(marked_cell(sector["dayReturn"]))
    return line


def _facts(quote: dict[str, Any]) -> RenderableType:
    known = [(name, quote[key]) for key, name in FACTS.items() if quote.get(key) is not None]
    table = grid(*("left", "right") * _FACT_COLUMNS)
    for row in _in_columns(known, _FACT_COLUMNS):
        table.add_row(*(c for name, value in row for c in (cell(name, "dim"), _cut(value, 15))))
    return table


def _returns(quote: dict[str, Any]) -> RenderableType:
    known = [(name, quote[key]) for key, name in RETURNS.items() if quote.get(key) is not None]
    table = grid(*("left", "right") * _RETURN_COLUMNS)
    for start in range(0, len(known), _RETURN_COLUMNS):
        row = known[start : start + _RETURN_COLUMNS]
        table.add_row(*(c for name, value in row for c in (cell(name, "dim"), change_cell(value))))
    return Group(heading("Returns"), table) if known else table


def _similar(quotes: list[dict[str, Any]]) -> RenderableType:
    table = grid("left", "left", "right", "right")
    for quote in quotes:
        table.add_row(
            cell(quote.get("symbol"), "bold"),
            _cut(quote.get("name"), 34),
            cell(quote.get("price")),
            marked_cell(quote.get("percentChange")),
        )
    return Group(heading("Similar"), table) if quotes else table


def _news(items: list[dict[str, Any]]) -> RenderableType:
    titles = [cell(item.get("title")) for item in items]
    return Group(heading("News"), *titles) if titles else Group()


def _in_columns(facts: list[tuple[str, Any]], columns: int) -> list[list[tuple[str, Any]]]:
    """Read downward: rows in which neighbours stand one above the other."""
    height = -(-len(facts) // columns)
    return [facts[row::height] for row in range(height)]


def _cut(value: object, width: int) -> Text:
    text = cell(f"{value:,}" if isinstance(value, int) else value)
    text.truncate(width, overflow="ellipsis")
    return text
