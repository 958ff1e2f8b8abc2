"""The market: indices, movers side by side, sectors and headlines."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.terminal.views.cells import (
    cell,
    flow,
    grid,
    heading,
    marked_cell,
    rows_in,
    widths_of,
)
from streams.terminal.views.surroundings import Surroundings

_MOVERS: Final = {"actives": "Most active", "gainers": "Gainers", "losers": "Losers"}
# What fits on 24 lines; a higher terminal shows more.
_FEW: Final = 24
_INDEX_ROWS, _MOVER_ROWS, _HEADLINES = 4, 6, 5


def market_view(message: Any, around: Surroundings) -> RenderableType:
    more = max(0, around.height - _FEW)
    return Group(
        _indices(rows_in(message, "indices"), _INDEX_ROWS + more // 4, around.width),
        _movers(message, _MOVER_ROWS + more // 2, around.width),
        _sectors(rows_in(message, "sectors"), around.width),
        heading("Headlines"),
        *(
            cell(item.get("title"))
            for item in rows_in(message, "headlines")[: _HEADLINES + more // 4]
        ),
    )


def _indices(indices: list[dict[str, Any]], rows: int, width: int) -> RenderableType:
    table = flow([_index_cells(index) for index in indices], width)
    columns = max(1, len(table.columns) // 3)
    return flow([_index_cells(index) for index in indices[: rows * columns]], width)


def _index_cells(index: dict[str, Any]) -> tuple[Text, Text, Text]:
    value = index.get("value")
    return (
        cell(index.get("name")),
        cell(f"{value:.2f}" if isinstance(value, int | float) else value),
        marked_cell(index.get("percentChange")),
    )


def _movers(message: Any, rows: int, width: int) -> RenderableType:
    """The lists side by side, or, where they do not fit, one below the other."""
    lists = {title: rows_in(message, part)[:rows] for part, title in _MOVERS.items()}
    if sum(map(_width_of, lists, lists.values())) <= width + 1:
        side_by_side = grid(*("left" for _ in lists), gap=1)
        side_by_side.add_row(*map(_mover_table, lists, lists.values()))
        return side_by_side
    few = max(2, rows // len(lists))
    return Group(*(_mover_table(title, movers[:few]) for title, movers in lists.items()))


def _width_of(title: str, movers: list[dict[str, Any]]) -> int:
    symbols, *numbers = [*widths_of([_mover_cells(mover) for mover in movers]), 0, 0][:3]
    return max(len(title), symbols) + sum(numbers) + 3


def _mover_table(title: str, movers: list[dict[str, Any]]) -> Table:
    table = grid("left", "right", "right", gap=1)
    table.add_row(heading(title), Text(""), Text(""))
    for mover in movers:
        table.add_row(*_mover_cells(mover))
    return table


def _mover_cells(mover: dict[str, Any]) -> list[Text]:
    return [
        cell(mover.get("symbol"), "bold"),
        cell(mover.get("price")),
        marked_cell(mover.get("percentChange")),
    ]


def _sectors(sectors: list[dict[str, Any]], width: int) -> RenderableType:
    groups = [(cell(s.get("sector")), marked_cell(s.get("dayReturn"))) for s in sectors]
    return Group(heading("Sectors today"), flow(groups, width))
