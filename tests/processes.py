"""Real processes for tests: started with their own environment, watched, and ended by id."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Self

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 60
# Patience, no margin: a busy machine starts a process in ten seconds instead of one.
WAIT_SECONDS = 60.0


class Process:
    """A Python process whose output is kept and can be waited for."""

    def __init__(
        self,
        *args: str,
        pass_fds: Sequence[Any] = (),
        program: Path | str = sys.executable,
        folder: Path | str = ROOT,
        stdin: Any = None,
        **environment: str,
    ) -> None:
        self.args = args
        # Nothing of the developer's own settings leaks in; .env does not override these.
        inherited = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
        self.popen = subprocess.Popen(
            [program, *args],
            cwd=folder,
            env={**inherited, "DEBUG": "1", "PYTHONUNBUFFERED": "1", **environment},
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=pass_fds,
        )
        self._lines: list[str] = []
        self._waited_for = 0
        self._is_silent = False
        self._changed = threading.Condition()
        assert self.popen.stdout is not None
        self._reader = threading.Thread(target=self._read, args=[self.popen.stdout], daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def output(self) -> str:
        with self._changed:
            return "\n".join(self._lines)

    def wait_for(self, pattern: str, seconds: float = WAIT_SECONDS) -> re.Match[str]:
        """The next line that matches, after the one waited for before; fails without one."""

        def search() -> re.Match[str] | None:
            for number in range(self._waited_for, len(self._lines)):
                if match := re.search(pattern, self._lines[number]):
                    self._waited_for = number + 1
                    return match
            return None

        with self._changed:
            match = self._changed.wait_for(lambda: search() or self._is_silent, seconds)
        assert isinstance(match, re.Match), (
            f"{self.args} did not say {pattern!r} but:\n{self.output}"
        )
        return match

    async def seen(self, pattern: str) -> None:
        """`wait_for` that lets the test's own sockets go on."""
        await asyncio.to_thread(self.wait_for, pattern)

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it, by force if need be; its exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Its exit code, once it has ended, by force if it does not."""
        try:
            code = self.popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            code = self.popen.wait()
        self._reader.join(STOP_SECONDS)
        if self.popen.stdout:
            self.popen.stdout.close()
        return code

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._is_silent = True
            self._changed.notify_all()


class Server(Process):
    """`manage.py serve`, on a free port of the loopback interface if `args` say nothing else."""

    def __init__(self, *args: str, **options: Any) -> None:
        where = (
            () if {"--port", "--unix-socket", "--fd", "--endpoint"} & set(args) else ("--port", "0")
        )
        super().__init__("manage.py", "serve", *where, *args, **options)

    @cached_property
    def address(self) -> str:
        """HOST:PORT, once it listens."""
        return self.wait_for(r"Listening on http://([^\s\"]+)")[1]

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def url(self, path: str) -> str:
        return f"ws://{self.address}/{path.removeprefix('/')}"
