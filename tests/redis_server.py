"""A private, real redis-server for tests: started, killed, frozen and restarted at will."""

import atexit
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
import redis

from tools.stack import find_free_port, find_redis_server

START_SECONDS = 60.0

# KEYS: none. ARGV: what the keys begin with, and by how many milliseconds they grow older. What
# would have expired is gone; leases (scores) and claims (`at`) were made so much earlier.
_AGE = """
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 and left <= tonumber(ARGV[2]) then
    redis.call('DEL', key)
  else
    if left >= 0 then
      redis.call('PEXPIRE', key, left - ARGV[2])
    end
    local kind = redis.call('TYPE', key).ok
    if kind == 'zset' then
      for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
        redis.call('ZINCRBY', key, -ARGV[2], member)
      end
    elseif kind == 'hash' and redis.call('HEXISTS', key, 'at') == 1 then
      redis.call('HINCRBY', key, 'at', -ARGV[2])
    end
  end
end
"""


class RedisServer:
    """One server on one port of 127.0.0.1, keeping nothing on disk.

    `options` are given to redis-server as they are: `RedisServer("--maxmemory", "2mb")`.
    With `config`, a file that it may rewrite, it is a Sentinel.
    """

    def __init__(self, *options: str, port: int | None = None, config: Path | None = None) -> None:
        self.port = port or find_free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._options = options
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, empty, on the same port each time; returns when it answers."""
        command = [find_redis_server(), *([str(self._config)] if self._config else [])]
        command += ["--port", str(self.port), "--bind", "127.0.0.1"]
        if self._config:
            command += ["--sentinel"]
        else:
            command += ["--save", "", "--appendonly", "no", "--dir", tempfile.gettempdir()]
        # A file: a pipe that nobody reads would freeze the server once it is full.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server
        self._process = subprocess.Popen(
            [*command, *self._options], stdout=self._log, stderr=subprocess.STDOUT
        )
        atexit.register(self.kill)
        self._wait_until_it_answers()

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it: connections stay open, nothing is answered."""
        self._running().send_signal(signal.SIGSTOP)
        # The signal takes effect a moment after kill() returns.
        while Path(f"/proc/{self._running().pid}/stat").read_text().rsplit(")", 1)[1][1] != "T":
            time.sleep(0.001)

    def resume(self) -> None:
        """Undo `pause`."""
        self._running().send_signal(signal.SIGCONT)

    def command(self, *command: str | bytes) -> Any:
        """Run one command on a connection of its own and return the answer."""
        with redis.Redis.from_url(self.url, socket_timeout=30, decode_responses=True) as client:
            return client.execute_command(*command)

    def age(self, prefix: str, seconds: float) -> None:
        """Make what is kept under `prefix` so much older, instead of waiting."""
        self.command("EVAL", _AGE, "0", prefix, str(round(1000 * seconds)))

    def count_subscribers(self, channel: str) -> int:
        """PUBSUB NUMSUB of one channel."""
        return int(self.command("PUBSUB", "NUMSUB", channel)[1])

    def list_clients(self) -> list[dict[str, str]]:
        """CLIENT LIST, without the connection that asks."""
        with redis.Redis.from_url(self.url, socket_timeout=30, decode_responses=True) as client:
            own = str(client.client_id())
            return [entry for entry in client.client_list() if entry["id"] != own]

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the server was not started"
        return self._process

    def _wait_until_it_answers(self) -> None:
        process = self._running()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                self.command("PING")
            except redis.ConnectionError:
                time.sleep(0.01)
            else:
                return
        self._log.seek(0)
        output = self._log.read().decode()[-2000:]
        self.kill()
        pytest.fail(f"redis-server did not start: {output}")

    def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        self._process = None
        atexit.unregister(self.kill)
        process.send_signal(signal.SIGCONT)
        process.send_signal(how)
        process.wait(timeout=START_SECONDS)
        self._log.close()
