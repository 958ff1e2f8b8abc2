"""From tick to client through Celery and Redis: `python -m benchmarks.cluster`

Two web processes, a worker, beat and a Redis on this machine's cores, all shared with the
clients. A tick begins when the worker reads the clock, which /hours tells its clients; the
delay of a message is the time from there to when its client has it.
"""

from __future__ import annotations

import argparse
import asyncio
import bisect
import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import uvloop
from picows import WSFrame, WSMsgType, WSTransport, ws_connect
from redis import Redis

from benchmarks.contenders import ROOT, START_SECONDS, WATCHED_SYMBOLS, wait_until_listening
from benchmarks.load import Client, Record, percentile
from tools.stack import find_free_port, read_procfile, redis_url

SYMBOLS_PER_SET = 10
CONNECTS_PER_SECOND = 250


class Timekeeper(Client):
    """Listens to /hours: when each tick began, in Unix seconds."""

    def __init__(self, record: Record) -> None:
        super().__init__(record)
        self.ticks: list[float] = []

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        super().on_ws_frame(transport, frame)
        if frame.msg_type == WSMsgType.TEXT:
            stamp = msgspec.json.decode(frame.get_payload_as_bytes())["timestamp"]
            self.ticks.append(datetime.fromisoformat(stamp).timestamp())


@contextlib.contextmanager
def cluster(redis: str, web_processes: int, interval: float) -> Iterator[list[int]]:
    """The Procfile's processes; gives the ports of the web processes."""
    commands = read_procfile()
    ports = [find_free_port() for _ in range(web_processes)]
    environment = {
        **os.environ,
        "DEBUG": "1",
        "LOG_LEVEL": "WARNING",
        "DRAIN_SECONDS": "0",
        "REDIS_URL": redis,
        "REFRESH_SECONDS": str(interval),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    names = [("web", port) for port in ports] + [("worker", 0), ("beat", 0)]
    with contextlib.ExitStack() as stack:
        for name, port in names:
            process = subprocess.Popen(
                ["sh", "-c", f"exec {commands[name]}"],
                cwd=ROOT,
                env={**environment, "PORT": str(port)},
                stdout=subprocess.DEVNULL,
            )
            stack.callback(process.wait, START_SECONDS)
            stack.callback(process.terminate)
            if port:
                wait_until_listening(port, process)
        yield ports


async def listen(options: argparse.Namespace, ports: list[int]) -> tuple[Record, Timekeeper]:
    """Connect everybody, wait until the worker has the ticks, then record."""
    record, clock = Record(), Record()
    timekeeper = Timekeeper(clock)
    await ws_connect(lambda: timekeeper, f"ws://127.0.0.1:{ports[0]}/hours")
    for number in range(options.clients):
        transport, _ = await ws_connect(
            lambda: Client(record), f"ws://127.0.0.1:{ports[number % len(ports)]}/quotes"
        )
        transport.send(WSMsgType.TEXT, _symbol_set(number % options.sets, options.symbols))
        await asyncio.sleep(1 / CONNECTS_PER_SECOND)
    await asyncio.sleep(3 * options.interval)
    del record.at[:], timekeeper.ticks[:]
    commands = _count_commands(options.redis)
    await asyncio.sleep(options.duration)
    options.commands = _count_commands(options.redis) - commands
    return record, timekeeper


def _symbol_set(number: int, symbols: int) -> bytes:
    first = number * symbols // 400
    return ",".join(f"SIM{(first + n) % symbols + 1:04}" for n in range(SYMBOLS_PER_SET)).encode()


def _count_commands(url: str) -> Counter[str]:
    with Redis.from_url(url, socket_timeout=5) as redis:
        statistics = redis.info("commandstats")
    return Counter({name[8:]: value["calls"] for name, value in statistics.items()})


def report(options: argparse.Namespace, record: Record, timekeeper: Timekeeper) -> None:
    # The messages are timed on the monotonic clock, the ticks on the wall's.
    offset = time.time() - time.monotonic()
    ticks = timekeeper.ticks
    delays = [
        at + offset - ticks[index - 1]
        for at in record.at
        if (index := bisect.bisect(ticks, at + offset))
    ]
    per_tick = len(record.at) / options.clients / len(ticks)
    print(f"{options.clients} clients, {options.sets} sets, {len(ticks)} ticks")
    print(f"messages a client a tick: {per_tick:.2f}; closed: {record.closed}")
    print(
        f"delay p50 {percentile(delays, 0.5) * 1e3:.0f} ms, "
        f"p99 {percentile(delays, 0.99) * 1e3:.0f} ms, last {max(delays) * 1e3:.0f} ms"
    )
    counts = [f"{count / len(ticks):.1f} {name}" for name, count in options.commands.most_common()]
    print("Redis commands a tick:", ", ".join(counts))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--sets", type=int, default=400)
    parser.add_argument("--symbols", type=int, default=WATCHED_SYMBOLS)
    parser.add_argument("--web-processes", type=int, default=2)
    parser.add_argument("--interval", type=float, default=5.0)
    parser.add_argument("--duration", type=float, default=30.0)
    options = parser.parse_args()
    uvloop.install()
    with redis_url() as url, cluster(url, options.web_processes, options.interval) as ports:
        options.redis = url
        report(options, *asyncio.run(listen(options, ports)))


if __name__ == "__main__":
    main()
