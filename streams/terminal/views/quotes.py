"""Quotes as a table, one line a symbol."""

from __future__ import annotations

from typing import Any, Final, Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.terminal.views.cells import cell, change_cell, marked_cell, price_cell, rows_in
from streams.terminal.views.surroundings import Surroundings

# Header, state and what the table has around its lines.
_OTHER_LINES = 6
TITLES: Final = ("Symbol", "Name", "Price", "Change", "%", "Extended")
_, NAME, _, CHANGE, _, EXTENDED = range(len(TITLES))
GAP: Final = 2
SHORT_NAME: Final = 10


def quotes_view(message: Any, around: Surroundings) -> RenderableType:
    places = {symbol: place for place, symbol in enumerate(around.symbols)}
    quotes = [row for row in rows_in(message) if "symbol" in row]
    quotes.sort(key=lambda quote: places.get(str(quote["symbol"]), len(places)))
    shown = quotes[: max(1, around.height - _OTHER_LINES)]
    table = _table([_cells(quote, around) for quote in shown], around.width)
    return Group(table, *_remarks(quotes, len(quotes) - len(shown), around.symbols))


def _table(rows: list[tuple[Text, ...]], width: int) -> Table:
    columns = [[cell(title), *texts] for title, *texts in zip(TITLES, *rows, strict=True)]
    widths = [max(text.cell_len for text in column) for column in columns]
    kept = _kept(widths, [any(text.plain.strip() for text in c[1:]) for c in columns], width)
    room = width - sum(widths[at] + GAP for at in kept if at != NAME)
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for at in kept:
        justify: Literal["left", "right"] = "left" if at <= NAME else "right"
        widest = max(1, min(widths[at], room)) if at == NAME else widths[at]
        table.add_column(TITLES[at], justify=justify, no_wrap=True, width=widest)
    for row in rows:
        table.add_row(*(row[at] for at in kept))
    return table


def _kept(widths: list[int], is_filled: list[bool], width: int) -> list[int]:
    """The columns that fit: no digit is ever cut, names are, and then columns are left out."""
    kept = [at for at in range(len(TITLES)) if at != EXTENDED or is_filled[at]]
    for dispensable in (EXTENDED, CHANGE, NAME):
        needed = sum(
            (min(widths[at], SHORT_NAME) if at == NAME else widths[at]) + GAP for at in kept
        )
        if needed - GAP > width:
            kept = [at for at in kept if at != dispensable]
    return kept


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
