"""The terminal client as a whole: picks a way to show, follows, ends well.

Errors: `Stopped`; KeyboardInterrupt passes through once the terminal is as it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import msgspec
from rich.console import Console

from marketdata.executors import DaemonExecutor
from streams.terminal.following import Listener, follow
from streams.terminal.listeners import JsonLines, LiveTable, Tables
from streams.terminal.target import Target

P = ParamSpec("P")
T = TypeVar("T")


class Manner(msgspec.Struct, frozen=True):
    """How to show it: what the command line says."""

    json: bool = False
    once: bool = False
    no_color: bool = False


def run(target: Target, manner: Manner) -> None:
    """Show the stream on standard output until Ctrl-C, SIGTERM or, with `once`, the first data.

    Returns quietly when nobody reads standard output any more. Raises Stopped.
    """
    # A terminal that cannot show a mark shows a question mark, and no traceback.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        with contextlib.ExitStack() as stack:
            listener = _listener(target, manner, stack)
            asyncio.run(_until_terminated(target, listener, once=manner.once))
    except BrokenPipeError:
        _forget_stdout()


class _PipeableConsole(Console):
    def on_broken_pipe(self) -> None:
        """Rich's own would end the process here, with an error."""
        raise BrokenPipeError


def _listener(target: Target, manner: Manner, stack: contextlib.ExitStack) -> Listener:
    if manner.json:
        return JsonLines(sys.stdout, sys.stderr)
    console = _PipeableConsole(file=sys.stdout, no_color=manner.no_color or None, highlight=False)
    if manner.once or not sys.stdout.isatty():
        return Tables(console, target, sys.stderr)
    return stack.enter_context(LiveTable(console, target))


class _Lookups(ThreadPoolExecutor):
    """Where asyncio looks up host names; it takes no other class.

    One that hangs would hold up the end, also after Ctrl-C: these threads are daemons.
    """

    def __init__(self) -> None:
        super().__init__(max_workers=1)
        self._daemons = DaemonExecutor(max_workers=2, name="lookup")

    def submit(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._daemons.submit(call, *args, **kwargs)


async def _until_terminated(target: Target, listener: Listener, *, once: bool) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(_Lookups())
    following = asyncio.ensure_future(follow(target, listener, once=once))
    # Python's own way to end on SIGTERM would leave a terminal without its cursor.
    loop.add_signal_handler(signal.SIGTERM, following.cancel)
    # Waited for, not awaited: Ctrl-C cancels this task, SIGTERM only that one.
    try:
        await asyncio.wait([following])
    finally:
        following.cancel()
    if not following.cancelled():
        following.result()


def _forget_stdout() -> None:
    """So that Python does not fail when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
