"""Whether the market is open, and how long until that changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from streams.terminal.views.cells import cell, grid
from streams.terminal.views.surroundings import Surroundings


def hours_view(message: Any, around: Surroundings) -> RenderableType:
    hours = message if isinstance(message, dict) else {}
    table = grid("left", "left", "left")
    for name, key in (("Opens", "nextOpen"), ("Closes", "nextClose")):
        at = _parse(hours.get(key))
        if at is not None:
            table.add_row(cell(name, "dim"), cell(_local(at)), cell(f"in {_left(at, around.now)}"))
    return Group(_status(hours), table)


def _status(hours: dict[str, Any]) -> Text:
    status = str(hours.get("status"))
    line = cell(status, "bold red" if status == "Closed" else "bold green")
    for key in ("reason", "session"):
        line.append_text(cell(f"  {hours.get(key) or ''}", "" if key == "reason" else "dim"))
    return line


def _parse(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else None


def _local(at: datetime) -> str:
    return f"{at.astimezone():%a %d %b %H:%M %Z}"


def _left(at: datetime, now: datetime) -> str:
    """ "1 d 02:03:04", "00:00:00" once it is there."""
    seconds = max(0, round((at - now).total_seconds()))
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days} d {clock}" if days else clock
