"""Keeps the parts of `make stack` alive: one that dies is started again, all end in good order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAUSE_SECONDS = 2.0
# The longest drain there is, and what follows it.
END_SECONDS = 35.0
LONGEST_LINE = 2**20


@dataclass
class Part:
    """One process; `port` is where it listens, if others need it to."""

    name: str
    command: list[str]
    environment: dict[str, str]
    port: int = 0
    process: asyncio.subprocess.Process | None = None


class Supervisor:
    """Runs `parts`, and `base` before and after them, until SIGINT or SIGTERM; a second kills."""

    def __init__(self, base: Part | None, parts: list[Part]) -> None:
        self._base = base
        self._parts = parts
        self._ending = asyncio.Event()
        self._base_ending = asyncio.Event()

    async def run(self) -> int:
        """The exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._end)
        base = None
        if self._base:
            base = asyncio.create_task(self._keep(self._base, self._base_ending))
            await _until_listening(self._base.port)
        await asyncio.gather(*(self._keep(part, self._ending) for part in self._parts))
        self._base_ending.set()
        if base and self._base:
            _send(self._base, signal.SIGTERM)
            await base
        return 0

    def _end(self) -> None:
        number = signal.SIGKILL if self._ending.is_set() else signal.SIGTERM
        self._ending.set()
        for part in self._parts:
            _send(part, number)

    async def _keep(self, part: Part, ending: asyncio.Event) -> None:
        while not ending.is_set():
            process = part.process = await asyncio.create_subprocess_exec(
                *part.command,
                cwd=ROOT,
                env=part.environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                limit=LONGEST_LINE,
                start_new_session=True,  # Ctrl-C comes from here, once
            )
            _say(part, f"started as process {process.pid}")
            copying = asyncio.create_task(_copy(part, process))
            code = await self._wait(process, ending)
            if ending.is_set():
                await asyncio.wait([copying], timeout=1)
                return
            _say(part, f"ended with code {code}; it is started again in {PAUSE_SECONDS:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), PAUSE_SECONDS)

    async def _wait(self, process: asyncio.subprocess.Process, ending: asyncio.Event) -> int:
        """Its exit code; once everything ends, it has some time for it, and no more."""
        ended = asyncio.create_task(process.wait())
        told = asyncio.create_task(ending.wait())
        await asyncio.wait([ended, told], return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not (await asyncio.wait([ended], timeout=END_SECONDS))[0]:
            _kill(process.pid)
        return await ended


async def _copy(part: Part, process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    while True:
        try:
            line = await process.stdout.readline()
        except ValueError:  # longer than anything that is meant to be read
            continue
        if not line:
            return
        _say(part, line.decode(errors="replace").rstrip())


def _say(part: Part, text: str) -> None:
    print(f"{part.name:<7}| {text}", flush=True)


def _send(part: Part, number: signal.Signals) -> None:
    if part.process and part.process.returncode is None:
        if number == signal.SIGKILL:
            _kill(part.process.pid)
        else:
            part.process.send_signal(number)


def _kill(pid: int) -> None:
    """With what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


async def _until_listening(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
