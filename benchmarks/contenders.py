"""The servers that are compared, and how each is started."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tools.stack import find_free_port, redis_url

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30
SERVER_CORE, CLIENT_CORE = 0, 1
# A simple quote of the simulated market is about so long; sets overlap, as watchlists do.
QUOTE_BYTES = 130
WATCHED_SYMBOLS = 400


class Load(msgspec.Struct, frozen=True):
    """What a run asks for."""

    clients: int
    groups: int = 1
    size: int = 1024
    interval: float = 1.0
    duration: float = 10.0
    rate: float = 500.0
    stalled: int = 0


class Contender(msgspec.Struct, frozen=True):
    name: str
    module: str = ""
    needs_redis: bool = False


OURS = Contender("Finance Query")
PICOWS = Contender("picows", "picows_server")
UVICORN = Contender("uvicorn, plain ASGI", "uvicorn_server")
BROADCAST = Contender("websockets.broadcast", "websockets_server")
STOCK = Contender("Channels on Daphne, InMemory", "channels_server")
STOCK_REDIS = Contender("Channels on Daphne, RedisPubSub", "channels_server", needs_redis=True)
ALL = (OURS, PICOWS, BROADCAST, UVICORN, STOCK, STOCK_REDIS)


class Started(msgspec.Struct, frozen=True):
    """A running server and what its clients must say to it."""

    pid: int
    port: int
    path: str
    first: str


@contextlib.contextmanager
def start(contender: Contender, load: Load) -> Iterator[Started]:
    """The contender's server, pinned to its core, for one run."""
    port = find_free_port()
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(redis_url()) if contender.needs_redis else ""
        process = subprocess.Popen(
            _command(contender, load, port, redis),
            cwd=ROOT,
            env=_environment(load),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            os.sched_setaffinity(process.pid, {SERVER_CORE})
            wait_until_listening(port, process)
            if contender is OURS:
                yield Started(process.pid, port, "/quotes", "|".join(_symbol_sets(load)))
            else:
                yield Started(process.pid, port, "/{group}", "hello")
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _command(contender: Contender, load: Load, port: int, redis: str) -> list[str]:
    if contender is OURS:
        return [sys.executable, "manage.py", "serve", "--port", str(port)]
    options = {
        "port": port,
        "groups": load.groups,
        "size": load.size,
        "interval": load.interval,
        "redis": redis,
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", f"benchmarks.servers.{contender.module}", *arguments]


def _environment(load: Load) -> dict[str, str]:
    return {
        **os.environ,
        "DEBUG": "1",
        "LOG_LEVEL": "WARNING",
        "REDIS_URL": "",
        "REFRESH_SECONDS": str(load.interval),
        "MAX_SYMBOLS_PER_CONNECTION": "1000",
        "MAX_CONNECTIONS": "20000",
        "MARKETDATA_PROVIDER": "simulated",
        "DRAIN_SECONDS": "0",
    }


def _symbol_sets(load: Load) -> list[str]:
    """One set of symbols for each group, whose payload has about the size that is asked for."""
    count = max(1, load.size // QUOTE_BYTES)
    return [
        ",".join(f"SIM{(7 * group + n) % WATCHED_SYMBOLS + 1:04}" for n in range(count))
        for group in range(load.groups)
    ]


def wait_until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns once somebody listens on the port; ends the program when nobody does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    sys.exit(f"{process.args!r} did not start.")
