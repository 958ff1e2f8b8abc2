"""The market: indices, movers side by side, sectors and headlines."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from streams.terminal.views.cells import cell, grid, heading, marked_cell, rows_in
from streams.terminal.views.surroundings import Surroundings

_MOVERS: Final = {"actives": "Most active", "gainers": "Gainers", "losers": "Losers"}
# What fits on 24 lines; a higher terminal shows more.
_FEW: Final = 24
_INDEX_ROWS, _MOVER_ROWS, _HEADLINES = 4, 6, 5
_SECTOR_COLUMNS: Final = 3


def market_view(message: Any, around: Surroundings) -> RenderableType:
    more = max(0, around.height - _FEW)
    return Group(
        _indices(rows_in(message, "indices"), _INDEX_ROWS + more // 4),
        _movers(message, _MOVER_ROWS + more // 2),
        _sectors(rows_in(message, "sectors")),
        heading("Headlines"),
        *(
            cell(item.get("title"))
            for item in rows_in(message, "headlines")[: _HEADLINES + more // 4]
        ),
    )


def _indices(indices: list[dict[str, Any]], rows: int) -> RenderableType:
    table = grid("left", "right", "right", "left", "right", "right")
    for number in range(min(rows, -(-len(indices) // 2))):
        pair = indices[2 * number : 2 * number + 2]
        table.add_row(*(part for index in pair for part in _index_cells(index)))
    return table


def _index_cells(index: dict[str, Any]) -> tuple[Text, Text, Text]:
    value = index.get("value")
    name = cell(index.get("name"))
    name.truncate(16, overflow="ellipsis")
    return (
        name,
        cell(f"{value:.2f}" if isinstance(value, int | float) else value),
        marked_cell(index.get("percentChange")),
    )


def _movers(message: Any, rows: int) -> RenderableType:
    lists = [rows_in(message, part)[:rows] for part in _MOVERS]
    table = grid(*("left", "right", "right") * len(lists), gap=1)
    nothing = Text("")
    table.add_row(
        *(part for name in _MOVERS.values() for part in (heading(name), nothing, nothing))
    )
    for number in range(max(map(len, lists))):
        cells: list[Text] = []
        for movers in lists:
            cells += _mover_cells(movers[number]) if number < len(movers) else [nothing] * 3
        table.add_row(*cells)
    return table


def _mover_cells(mover: dict[str, Any]) -> list[Text]:
    return [
        cell(mover.get("symbol"), "bold"),
        cell(mover.get("price")),
        marked_cell(mover.get("percentChange")),
    ]


def _sectors(sectors: list[dict[str, Any]]) -> RenderableType:
    table = grid(*("left", "right") * _SECTOR_COLUMNS)
    for start in range(0, len(sectors), _SECTOR_COLUMNS):
        cells: list[Text] = []
        for sector in sectors[start : start + _SECTOR_COLUMNS]:
            name = cell(sector.get("sector"))
            name.truncate(14, overflow="ellipsis")
            cells += [name, marked_cell(sector.get("dayReturn"))]
        table.add_row(*cells)
    return Group(heading("Sectors today"), table)
