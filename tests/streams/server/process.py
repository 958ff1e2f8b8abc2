"""A server process under test: started, watched line by line, ended."""

import asyncio
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[3]
TIMEOUT_SECONDS = 15


class ServerProcess:
    """Runs `manage.py serve --port 0` with more options. Use as a context manager."""

    def __init__(self, *options: str, **environment: str) -> None:
        self.output: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.streams.server.settings"}
        self.popen = subprocess.Popen(
            [sys.executable, "manage.py", "serve", *(options or ("--port", "0"))],
            cwd=ROOT,
            env={**env, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self.popen.stdout,), daemon=True)
        self._reader.start()

    def _read(self, stdout: IO[str]) -> None:
        for line in stdout:
            self.output.append(line)
            self._lines.put(line)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first line not looked at yet that matches."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no line {pattern!r} in:\n{self.text}") from None
            if match := re.search(pattern, line):
                return match

    async def seen(self, pattern: str) -> None:
        """`wait_for` that lets the test's own sockets go on."""
        await asyncio.to_thread(self.wait_for, pattern)

    def wait_until_listening(self) -> "ServerProcess":
        match = self.wait_for(r"Listening on http://127\.0\.0\.1:(\d+)$")
        self.port = int(match[1])
        return self

    @property
    def text(self) -> str:
        return "".join(self.output)

    def url(self, path: str) -> str:
        return f"ws://127.0.0.1:{self.port}/{path}"

    def end(self, signum: int = signal.SIGTERM) -> int:
        """The exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(signum)
        return self.wait()

    def wait(self) -> int:
        code = self.popen.wait(TIMEOUT_SECONDS)
        self._reader.join(TIMEOUT_SECONDS)
        return code

    def __enter__(self) -> "ServerProcess":
        return self

    def __exit__(self, *exc: object) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.wait()
        if self.popen.stdout:
            self.popen.stdout.close()
