"""The swarm: clients in a process of their own, and what they reported so far."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import IO, Self

import msgspec

from tests.chaos.judgement import Window, get_longest_gap, get_repetitions
from tests.chaos.records import Arrival, Closed, Record, Wish
from tests.processes import ROOT

CONNECT_SECONDS = 30


class Swarm:
    """Connects at once; its clients stay until `close`."""

    def __init__(self, wishes: Sequence[Wish]) -> None:
        self.wishes = wishes
        self.arrivals: list[list[Arrival]] = [[] for _ in wishes]
        self.closed: list[Closed] = []
        self._changed = threading.Condition()
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.swarm_client"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._popen.stdin
        assert self._popen.stdout
        self._popen.stdin.write(msgspec.json.encode(wishes))
        self._popen.stdin.close()
        self._stdout = self._popen.stdout
        self._reader = threading.Thread(target=self._read, args=[self._stdout], daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._popen.kill()
        self._popen.wait()
        self._reader.join()
        self._stdout.close()

    def wait_until_all_have_data(self) -> None:
        with self._changed:
            served = self._changed.wait_for(
                lambda: self.closed or all(self.arrivals), CONNECT_SECONDS
            )
        assert not self.closed, self.closed[:5]
        assert served, f"{sum(not heard for heard in self.arrivals)} clients got nothing"

    def get_longest_gap(self, window: Window, address: str = "") -> tuple[float, Wish]:
        """The longest silence of all clients (of one server), in seconds, and who heard it."""
        self._catch_up(window)
        gaps = [
            (get_longest_gap(heard, window), wish)
            for heard, wish in zip(self.arrivals, self.wishes, strict=True)
            if address in wish.url
        ]
        return max(gaps, key=lambda gap: gap[0])

    def get_counts(self, window: Window) -> list[int]:
        """How many messages each client got."""
        self._catch_up(window)
        return [sum(a.at in window for a in heard) for heard in self.arrivals]

    def get_repetitions(self, window: Window, tick: float) -> list[Arrival]:
        """Messages of a tick that brought its client one before."""
        self._catch_up(window)
        return [a for heard in self.arrivals for a in get_repetitions(heard, window, tick)]

    def get_closed(self, window: Window, address: str = "") -> list[Closed]:
        """The connections (to one server) that ended."""
        self._catch_up(window)
        closed = [c for c in self.closed if address in self.wishes[c.client].url]
        return [c for c in closed if c.at in window]

    def _catch_up(self, window: Window) -> None:
        """Let reports of the window's last moments come in."""
        time.sleep(max(0.0, window.end + 0.1 - time.monotonic()))

    def _read(self, stream: IO[bytes]) -> None:
        decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
        for line in stream:
            record = decoder.decode(line)
            with self._changed:
                if isinstance(record, Arrival):
                    self.arrivals[record.client].append(record)
                else:
                    self.closed.append(record)
                self._changed.notify_all()
