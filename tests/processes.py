"""Real processes for tests: started with their own environment, watched, and ended by id."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Self

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 15


class Process:
    """A Python process of this project whose output is kept and can be waited for."""

    def __init__(self, *args: str, **environment: str) -> None:
        self.args = args
        # Nothing of the developer's own settings leaks in; .env does not override these.
        inherited = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
        self.popen = subprocess.Popen(
            [sys.executable, *args],
            cwd=ROOT,
            env={**inherited, "DEBUG": "1", "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[str] = []
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

    def wait_for(self, pattern: str, seconds: float = 20) -> re.Match[str]:
        """The first match in the output so far or to come; fails the test without one."""

        def search() -> re.Match[str] | None:
            return re.search(pattern, "\n".join(self._lines))

        with self._changed:
            self._changed.wait_for(lambda: search() or self._has_ended(), seconds)
            match = search()
        assert match, f"{self.args} did not say {pattern!r} but:\n{self.output}"
        return match

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it, by force if need be; its exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
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
            self._changed.notify_all()

    def _has_ended(self) -> bool:
        return self.popen.poll() is not None and not self._reader.is_alive()


class Server(Process):
    """`manage.py serve` on a free port of the loopback interface."""

    def __init__(self, *args: str, **environment: str) -> None:
        super().__init__("manage.py", "serve", "--port", "0", *args, **environment)
        self._address = ""

    @property
    def address(self) -> str:
        """HOST:PORT, once it listens."""
        if not self._address:
            self._address = self.wait_for(r"Listening on http://(\S+)")[1]
        return self._address

    def url(self, path: str) -> str:
        return f"ws://{self.address}{path}"
