"""A profile: price, facts, returns, similar instruments and news."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from streams.terminal.views.cells import (
    cell,
    change_cell,
    cut,
    flow,
    grid,
    heading,
    marked_cell,
    object_in,
    price_cell,
    rows_in,
    widths_of,
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
# Everything but the lists, on a terminal where each fact is known.
_OTHER_LINES: Final = 18


def profile_view(message: Any, around: Surroundings) -> RenderableType:
    quote = object_in(message, "quote")
    if not quote:
        return cell(_why_nothing(message, ", ".join(around.symbols)), "yellow")
    lines = max(3, (around.height - _OTHER_LINES) // 2)
    return Group(
        _headline(quote, around.moved.get(str(quote.get("symbol")), 0), around.width),
        _industry(quote, object_in(message, "sectorPerformance")),
        _facts(quote, around.width),
        _returns(quote, around.width),
        _similar(rows_in(message, "similar")[:lines], around.width),
        _news(rows_in(message, "news")[:lines]),
    )


def _why_nothing(message: Any, symbol: str) -> str:
    if isinstance(message, dict) and message.get("status") == "unavailable":
        return f"There is no quote of {symbol} for now: the source does not answer."
    return f"Nothing is known of {symbol}."


def _headline(quote: dict[str, Any], moved: int, width: int) -> RenderableType:
    line = grid("left", "left", "right", "left", "right", "right")
    symbol, name, *numbers = (
        cell(quote.get("symbol"), "bold"),
        cell(quote.get("name")),
        price_cell(quote.get("price"), moved),
        cell(quote.get("currency"), "dim"),
        change_cell(quote.get("change")),
        marked_cell(quote.get("percentChange")),
    )
    line.add_row(symbol, cut(name, _room([(symbol, name, *numbers)], width)), *numbers)
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


def _facts(quote: dict[str, Any], width: int) -> RenderableType:
    known = [(name, quote[key]) for key, name in FACTS.items() if quote.get(key) is not None]
    return flow([(cell(name, "dim"), _value(value)) for name, value in known], width)


def _returns(quote: dict[str, Any], width: int) -> RenderableType:
    known = [(name, quote[key]) for key, name in RETURNS.items() if quote.get(key) is not None]
    table = flow([(cell(name, "dim"), change_cell(value)) for name, value in known], width)
    return Group(heading("Returns"), table) if known else table


def _similar(quotes: list[dict[str, Any]], width: int) -> RenderableType:
    table = grid("left", "left", "right", "right")
    rows = [
        (
            cell(quote.get("symbol"), "bold"),
            cell(quote.get("name")),
            cell(quote.get("price")),
            marked_cell(quote.get("percentChange")),
        )
        for quote in quotes
    ]
    for symbol, name, *numbers in rows:
        table.add_row(symbol, cut(name, _room(rows, width)), *numbers)
    return Group(heading("Similar"), table) if quotes else table


def _room(rows: Sequence[tuple[Text, ...]], width: int) -> int:
    """What the other columns leave to the names, which are the second."""
    symbols, _, *numbers = widths_of(rows)
    return width - symbols - sum(numbers) - 2 * (1 + len(numbers))


def _news(items: list[dict[str, Any]]) -> RenderableType:
    titles = [cell(item.get("title")) for item in items]
    return Group(heading("News"), *titles) if titles else Group()


def _value(value: object) -> Text:
    """Numbers whole, texts cut."""
    if isinstance(value, int):
        return cell(f"{value:,}")
    is_number = any(digit in str(value) for digit in "0123456789")
    return cell(value) if is_number else cut(cell(value), 15)
