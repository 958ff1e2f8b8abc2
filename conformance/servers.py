"""The two servers that the cases are run against, each a process on a free port."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

START_SECONDS: Final = 30
# The largest message of the cases; the server's own limit is a few KB.
MESSAGE_BYTES: Final = 16 * 1024 * 1024
OURS: Final = (
    *("manage.py", "serve", "--port", "0", "conformance.echo:application"),
    *("--websocket-max-message-size", str(MESSAGE_BYTES)),
    *("--websocket-max-frame-size", str(MESSAGE_BYTES)),
)
SETTINGS: Final = {"DEBUG": "1", "MAX_MESSAGES_PER_SECOND": "10000", "COMPRESSION_MIN_BYTES": "1"}
CONTROL: Final = ("-m", "conformance.control")


@contextmanager
def running(arguments: tuple[str, ...]) -> Iterator[str]:
    """Its URL, while it runs."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **SETTINGS},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield f"ws://127.0.0.1:{_find_port(process)}/"
    finally:
        process.terminate()
        try:
            process.communicate(timeout=START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _find_port(process: subprocess.Popen[str]) -> int:
    assert process.stdout
    for line in process.stdout:
        if match := re.search(r"Listening on .*:(\d+)", line):
            return int(match[1])
    raise SystemExit(f"{' '.join(process.args)} does not start")  # type: ignore[arg-type]
