"""A cluster of real processes: the Procfile's, on one machine, with a Redis of their own."""

from __future__ import annotations

import shlex
import signal
from functools import cached_property
from pathlib import Path
from typing import Self
from uuid import uuid4

from tests.chaos.upstream import Upstream
from tests.processes import ROOT, Process
from tests.redis_server import RedisServer

TICK = 1.0
WEBS = ("web-1", "web-2")
WORKER = "worker-1"
BEAT = "beat-1"


class ProcfileProcess(Process):
    """A process as the Procfile starts it. `name` is its type and a number: `web-1`."""

    def __init__(self, name: str, **environment: str) -> None:
        super().__init__(*_get_arguments(name.partition("-")[0]), **environment)

    @cached_property
    def address(self) -> str:
        """HOST:PORT of a web process, once it listens."""
        return self.wait_for(r"Listening on http://(\S+)")[1]


class Cluster:
    """Two web processes, a worker and beat, once `start_all` was called."""

    def __init__(self, upstream: Upstream, **environment: str) -> None:
        self.redis = RedisServer()
        self.prefix = f"chaos{uuid4().hex[:8]}"
        self.processes: dict[str, ProcfileProcess] = {}
        self._environment = {
            "REDIS_URL": self.redis.url,
            "REDIS_PREFIX": self.prefix,
            "REFRESH_SECONDS": f"{TICK:g}",
            "MARKETDATA_PROVIDER": "yahoo",
            "YAHOO_BASE_URL": upstream.url,
            **environment,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill(*self.processes)
        self.redis.kill()

    def start_all(self) -> None:
        self.redis.start()
        self.start(*WEBS, WORKER, BEAT)

    def start(self, *names: str) -> None:
        """Start those that do not run; returns when the web processes listen."""
        for name in names:
            if not self.runs(name):
                self.processes[name] = ProcfileProcess(
                    name, YAHOO_USER_AGENT=name, **self._environment
                )
        for name in names:
            if name.startswith("web"):
                assert self.processes[name].address

    def runs(self, name: str) -> bool:
        return name in self.processes and self.processes[name].popen.poll() is None

    def kill(self, *names: str) -> None:
        """kill -9."""
        for name in names:
            self.processes.pop(name).stop(signal.SIGKILL)

    def get_leases(self) -> dict[str, float]:
        """The registry: until when (Unix seconds) which subscription has listeners."""
        rows = self.redis.command("ZRANGE", f"{self.prefix}:leases", "0", "-1", "WITHSCORES")
        return {key: float(score) for key, score in zip(rows[::2], rows[1::2], strict=True)}

    def count_redis_connections(self, name: str) -> int:
        """How many sockets the process has towards Redis, in whatever state, as Linux says."""
        sockets = _get_sockets_to(self.redis.port)
        descriptors = Path(f"/proc/{self.processes[name].popen.pid}/fd").iterdir()
        return sum(_read_link(descriptor) in sockets for descriptor in descriptors)


def _get_arguments(kind: str) -> list[str]:
    """The Procfile's command for this kind, as arguments of Python."""
    commands = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    # A free port, and of this machine only: tests open nothing to the network.
    command = commands[kind].replace("$PORT", "0").replace("0.0.0.0", "127.0.0.1")
    program, *arguments = shlex.split(command)
    return arguments if program == "python" else ["-m", program, *arguments]


def _get_sockets_to(port: int) -> set[str]:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {f"socket:[{row[9]}]" for row in rows if row[2].endswith(f":{port:04X}")}


def _read_link(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:  # closed meanwhile
        return ""
