"""The three ways to show a stream: lines of JSON, tables one after another, one live table."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any, Final, Self

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from streams.terminal.endings import printable
from streams.terminal.target import Target
from streams.terminal.views import VIEWS, Surroundings
from streams.terminal.views.cells import rows_in

REFRESHES_PER_SECOND: Final = 4
FLASH_SECONDS: Final = 1.2
# Off a terminal nothing needs to fit: everything is printed.
ENDLESS_LINES: Final = 1_000


class JsonLines:
    """A message a line, written at once, so that the next program of a pipe has it."""

    def __init__(self, out: IO[str], err: IO[str]) -> None:
        self._out = out
        self._err = err

    def connecting(self) -> None:
        """Nothing that a program needs to know."""

    def received(self, text: str, message: Any) -> None:
        is_line = "\n" not in text and "\r" not in text
        print(
            text if is_line else msgspec.json.encode(message).decode(), file=self._out, flush=True
        )

    def lost(self, reason: str, pause_seconds: float) -> None:
        print(lost_text(reason, pause_seconds), file=self._err, flush=True)


class Tables:
    """For files, pipes and `--once`: each message whole, without colours off a terminal."""

    def __init__(self, console: Console, target: Target, err: IO[str]) -> None:
        self._console = console
        self._target = target
        self._err = err

    def connecting(self) -> None:
        """Nothing to print yet."""

    def received(self, text: str, message: Any) -> None:
        now = datetime.now(UTC)
        around = Surroundings(
            now=now, height=ENDLESS_LINES, width=self._console.width, symbols=self._target.symbols
        )
        self._console.print(VIEWS[self._target.endpoint](message, around))
        self._console.print(Text(f"{now.astimezone():%H:%M:%S}", style="dim"))
        self._console.file.flush()

    def lost(self, reason: str, pause_seconds: float) -> None:
        print(lost_text(reason, pause_seconds), file=self._err, flush=True)


class LiveTable:
    """A context manager; while it is open the terminal shows the newest message and its age."""

    def __init__(self, console: Console, target: Target) -> None:
        self._console = console
        self._target = target
        self._message: Any = None
        self._state = Text("")
        self._received_at: float | None = None
        self._retry_at: float | None = None
        self._prices: Mapping[str, str] = {}
        self._moved: Mapping[str, int] = {}
        self._live = Live(
            console=console,
            get_renderable=self.render,
            refresh_per_second=REFRESHES_PER_SECOND,
            vertical_overflow="crop",
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def connecting(self) -> None:
        self._say("○ connecting", "yellow")

    def received(self, text: str, message: Any) -> None:
        prices = prices_in(message)
        self._moved = moves(self._prices, prices)
        self._prices, self._message = prices, message
        self._received_at = time.monotonic()
        self._say("● live", "bold green")

    def lost(self, reason: str, pause_seconds: float) -> None:
        self._say(f"○ {reason}", "bold red")
        self._retry_at = time.monotonic() + pause_seconds
        self._live.refresh()

    def render(self) -> RenderableType:
        """What the terminal shows now; called by the refreshing thread too."""
        state, message = self._state_line(), self._message
        if message is None:
            return state
        flashes = self._age() < FLASH_SECONDS
        around = Surroundings(
            now=datetime.now(UTC),
            height=self._console.height,
            width=self._console.width,
            symbols=self._target.symbols,
            moved=self._moved if flashes else {},
        )
        return Group(state, VIEWS[self._target.endpoint](message, around))

    def _say(self, text: str, style: str) -> None:
        self._retry_at = None
        self._state = Text(text, style=style)
        self._live.refresh()

    def _age(self) -> float:
        return time.monotonic() - self._received_at if self._received_at is not None else 0.0

    def _state_line(self) -> Text:
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append_text(self._state)
        if self._retry_at is not None:
            line.append(f", again in {max(0, self._retry_at - time.monotonic()):.0f} s")
        if self._received_at is not None:
            line.append(f"  data {self._age():.0f} s old", style="dim")
        line.append(f"  {printable(self._target.url)}  Ctrl-C ends", style="dim")
        return line


def lost_text(reason: str, pause_seconds: float) -> str:
    """What is told on standard error of a connection that is gone."""
    return f"{reason}; again in {pause_seconds:.1f} s"


def prices_in(message: Any) -> dict[str, str]:
    """Prices by symbol, of quotes or of a profile."""
    quote = message.get("quote") if isinstance(message, dict) else None
    quotes = [quote] if isinstance(quote, dict) else rows_in(message)
    return {str(q["symbol"]): str(q["price"]) for q in quotes if q.get("symbol") and q.get("price")}


def moves(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, int]:
    """Of each symbol in both whether its price rose (1), fell (-1) or stayed (0)."""
    moved = {}
    for symbol, price in after.items():
        try:
            difference = float(price) - float(before[symbol])
        except (KeyError, ValueError):
            continue
        moved[symbol] = (difference > 0) - (difference < 0)
    return moved
