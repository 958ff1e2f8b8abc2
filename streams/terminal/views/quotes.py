"""Quotes as a table, one line a symbol."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.terminal.views.cells import cell, change_cell, marked_cell, price_cell, rows_in
from streams.terminal.views.surroundings import Surroundings

# Header, state and what the table has around its lines.
_OTHER_LINES = 6


def quotes_view(message: Any, around: Surroundings) -> RenderableType:
    places = {symbol: place for place, symbol in enumerate(around.symbols)}
    quotes = [row for row in rows_in(message) if "symbol" in row]
    quotes.sort(key=lambda quote: places.get(str(quote["symbol"]), len(places)))
    shown = quotes[: max(1, around.height - _OTHER_LINES)]
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("Symbol", no_wrap=True, max_width=12)
    table.add_column("Name", no_wrap=True, ratio=1, max_width=30)
    # Out of those sessions the column would only take the names' place.
    is_extended = any(map(_extended, shown))
    for title in ("Price", "Change", "%", *(["Extended"] if is_extended else [])):
        table.add_column(title, justify="right", no_wrap=True)
    for quote in shown:
        table.add_row(*_cells(quote, around)[: len(table.columns)])
    return Group(table, *_remarks(quotes, len(quotes) - len(shown), around.symbols))


def _cells(quote: dict[str, Any], around: Surroundings) -> tuple[Text, ...]:
    symbol = str(quote["symbol"])
    return (
        cell(symbol, "bold"),
        cell(quote.get("name")),
        price_cell(quote.get("price"), around.moved.get(symbol, 0)),
        change_cell(quote.get("change")),
        marked_cell(quote.get("percentChange")),
        cell(_extended(quote) or " ", "dim"),
    )


def _extended(quote: dict[str, Any]) -> str:
    if quote.get("preMarketPrice"):
        return f"pre {quote['preMarketPrice']}"
    return f"after {quote['afterHoursPrice']}" if quote.get("afterHoursPrice") else ""


def _remarks(quotes: list[dict[str, Any]], hidden: int, asked: tuple[str, ...]) -> list[Any]:
    found = {str(quote["symbol"]) for quote in quotes}
    missing = [symbol for symbol in asked if symbol not in found]
    remarks = []
    if hidden > 0:
        remarks.append(cell(f"… and {hidden} more", "dim"))
    if missing:
        remarks.append(cell(f"Unknown: {', '.join(missing)}", "yellow"))
    return remarks
