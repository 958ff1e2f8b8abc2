"""The smallest parts of every view: a text, a price, a change with its mark and colour.

What comes from a server is made printable, and never read as markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from streams.terminal.endings import printable

_GAP: Final = 2
_SHORT_NAME: Final = 14
UNKNOWN: Final = "–"
UP, DOWN = "▲", "▼"
# The sign, the mark and the colour say the same: none of them is needed to read the other.
_STYLES: Final = {1: "green", -1: "red", 0: ""}
_MARKS: Final = {1: UP, -1: DOWN, 0: " "}
_MOVED: Final = {1: "bold black on green", -1: "bold white on red", 0: "bold"}


def cell(value: object, style: str = "") -> Text:
    """Any value as a line of text that is cut where there is no room."""
    text = UNKNOWN if value is None or value == "" else printable(value)
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def price_cell(value: object, moved: int = 0) -> Text:
    """A price, struck out in colour when it has just `moved` up (1) or down (-1)."""
    return cell(value, _MOVED[moved])


def change_cell(value: object) -> Text:
    """A change with its colour: "+2.15"."""
    return cell(value, _STYLES[direction(value)])


def marked_cell(value: object) -> Text:
    """A change with its colour and its mark: "▲ +1.45%"."""
    way = direction(value)
    return cell(f"{_MARKS[way]} {value}" if value else None, _STYLES[way])


def direction(value: object) -> int:
    """1, -1 or 0 for a change like "+1.45%", "-0.84%", "+0.00%"."""
    text = str(value or "")
    if not any(digit in text for digit in "123456789"):
        return 0
    return {"+": 1, "-": -1}.get(text[0], 0)


def heading(text: str) -> Text:
    """The title of a part of a view."""
    return Text(text, style="bold cyan", no_wrap=True, overflow="ellipsis")


def grid(*justifies: str, expand: bool = False, gap: int = 2) -> Table:
    """Columns without lines; "left" or "right" for each."""
    table = Table.grid(padding=(0, gap, 0, 0), expand=expand)
    for justify in justifies:
        table.add_column(justify="right" if justify == "right" else "left", no_wrap=True)
    return table


def flow(groups: Sequence[tuple[Text, ...]], width: int) -> Table:
    """Groups of a name and numbers, read across, as many side by side as fit.

    Numbers are never cut. Names are, where whole ones would leave fewer than three columns.
    """
    if not groups:
        return grid()
    name, *numbers = widths_of(groups)
    rest = sum(numbers) + _GAP * (1 + len(numbers))
    whole, squeezed = ((width + _GAP) // (least + rest) for least in (name, min(name, _SHORT_NAME)))
    columns = min(len(groups), max(1, whole, min(squeezed, 3)))
    room = (width + _GAP) // columns - rest
    table = grid(*("left", *("right" for _ in numbers)) * columns)
    for start in range(0, len(groups), columns):
        row = groups[start : start + columns]
        table.add_row(*(c for first, *others in row for c in (cut(first, room), *others)))
    return table


def widths_of(rows: Sequence[Sequence[Text]]) -> list[int]:
    """How wide each column has to be."""
    return [max(text.cell_len for text in column) for column in zip(*rows, strict=True)] or [0]


def cut(text: Text, width: int) -> Text:
    """A text that is no number, within a width."""
    text.truncate(max(1, width), overflow="ellipsis")
    return text


def rows_in(message: Any, part: str | None = None) -> list[dict[str, Any]]:
    """The objects in an array, or in an array of an object; nothing for any other shape."""
    found = message.get(part) if part is not None and isinstance(message, dict) else message
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def object_in(message: Any, part: str) -> dict[str, Any]:
    """An object in an object; empty for null and any other shape."""
    found = message.get(part) if isinstance(message, dict) else None
    return found if isinstance(found, dict) else {}
