"""The load client: many WebSockets from one process; prints one JSON object of what it saw.

Phases: connect at `--rate`, wait until all have their first message, then count and time for
`--duration` seconds. The CPU time of the server (`--pid` and its children) is read around the
connecting and around the counting.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import socket
import sys
import time
from array import array
from pathlib import Path

import psutil
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

CONNECT_CONCURRENCY = 200
FIRST_MESSAGE_SECONDS = 60


class Record:
    """What all clients of the run receive: who, when, how much."""

    def __init__(self) -> None:
        self.at: array[float] = array("d")
        self.bytes = 0
        self.closed = 0
        self.ending = False


class Client(WSListener):
    def __init__(self, record: Record) -> None:
        super().__init__()
        self.record = record
        self.first: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif frame.fin and frame.msg_type != WSMsgType.CLOSE:
            now = time.monotonic()
            self.record.at.append(now)
            self.record.bytes += frame.payload_size
            if not self.first.done():
                self.first.set_result(now)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if not self.record.ending:
            self.record.closed += 1


def stall(options: argparse.Namespace) -> list[socket.socket]:
    """Clients that ask and then read nothing, with the least the kernel gives them to receive."""
    stalled = []
    key = base64.b64encode(os.urandom(16)).decode()
    for number in range(options.stalled):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", options.port))
        path = options.path.replace("{group}", str(number % options.groups))
        client.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        first = options.first.split("|")[0].encode()
        # A text frame masked with zeros is the text itself.
        head = bytes([0x81, 0xFE]) + len(first).to_bytes(2, "big") + bytes(4)
        client.sendall(
            (head if len(first) > 125 else bytes([0x81, 0x80 | len(first)]) + bytes(4)) + first
        )
        stalled.append(client)
    return stalled


def get_usage(pid: int) -> tuple[float, int]:
    """CPU seconds (by the scheduler, to the nanosecond) and resident bytes of a process tree."""
    root = psutil.Process(pid)
    nanoseconds, resident = 0, 0
    for process in [root, *root.children(recursive=True)]:
        for thread in Path(f"/proc/{process.pid}/task").iterdir():
            nanoseconds += int((thread / "schedstat").read_text().split()[0])
        resident += process.memory_info().rss
    return nanoseconds / 1e9, resident


async def connect_all(options: argparse.Namespace, record: Record) -> list[WSTransport]:
    slots = asyncio.Semaphore(CONNECT_CONCURRENCY)
    messages = options.first.split("|")

    async def connect_one(number: int) -> tuple[WSTransport, float]:
        async with slots:
            began_at = time.monotonic()
            path = options.path.replace("{group}", str(number % options.groups))
            client = Client(record)
            url = f"ws://127.0.0.1:{options.port}{path}"
            transport, _ = await ws_connect(lambda: client, url)
            transport.send(WSMsgType.TEXT, messages[number % len(messages)].encode())
        await asyncio.wait_for(client.first, FIRST_MESSAGE_SECONDS)
        return transport, client.first.result() - began_at

    tasks = []
    began_at = time.monotonic()
    for number in range(options.clients):
        tasks.append(asyncio.create_task(connect_one(number)))
        if options.rate:
            await asyncio.sleep(max(0.0, began_at + (number + 1) / options.rate - time.monotonic()))
    connected = await asyncio.gather(*tasks)
    options.first_seconds = sorted(seconds for _, seconds in connected)
    options.all_seconds = time.monotonic() - began_at
    return [transport for transport, _ in connected]


def split_ticks(times: array[float], interval: float) -> list[list[float]]:
    """The messages of each whole tick: a pause of a quarter of a tick parts two of them."""
    ticks: list[list[float]] = []
    for at in sorted(times):
        if not ticks or at - ticks[-1][-1] > interval / 4:
            ticks.append([])
        ticks[-1].append(at)
    return ticks[1:-1]


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


async def run(options: argparse.Namespace) -> dict[str, float]:
    record = Record()
    cpu_before, rss_before = get_usage(options.pid)
    transports = await connect_all(options, record)
    cpu_connected, rss_connected = get_usage(options.pid)
    stalled = stall(options)
    await asyncio.sleep(options.interval)
    record.at, record.bytes = array("d"), 0
    cpu_started, _ = get_usage(options.pid)
    await asyncio.sleep(options.duration)
    cpu_ended, rss_ended = get_usage(options.pid)
    record.ending = True
    ticks = split_ticks(record.at, options.interval)
    delays = [at - tick[0] for tick in ticks for at in tick]
    for transport in transports:
        transport.disconnect()
    for client in stalled:
        client.close()
    messages = max(1, len(record.at))
    return {
        "clients": options.clients,
        "messages": len(record.at),
        "message_bytes": record.bytes / messages,
        "cpu_us_per_message": (cpu_ended - cpu_started) / messages * 1e6,
        "cpu_us_per_connect": (cpu_connected - cpu_before) / options.clients * 1e6,
        "memory_kb_per_connection": (rss_connected - rss_before) / options.clients / 1024,
        "rss_mb": rss_ended / 1e6,
        "rss_growth_mb": (rss_ended - rss_connected) / 1e6,
        "spread_p50_ms": percentile(delays, 0.5) * 1e3,
        "spread_p99_ms": percentile(delays, 0.99) * 1e3,
        "last_client_ms": max((tick[-1] - tick[0] for tick in ticks), default=float("nan")) * 1e3,
        "first_data_p99_ms": percentile(options.first_seconds, 0.99) * 1e3,
        "all_connected_s": options.all_seconds,
        "closed": record.closed,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--path", default="/{group}")
    parser.add_argument("--first", default="hello", help="first messages, parted by |")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--groups", type=int, default=1)
    parser.add_argument("--rate", type=float, default=500.0, help="connects a second, 0 at once")
    parser.add_argument("--stalled", type=int, default=0, help="clients more that never read")
    parser.add_argument("--interval", type=float, default=1.0)
    parser.add_argument("--duration", type=float, default=10.0)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    json.dump(asyncio.run(run(parser.parse_args())), sys.stdout)


if __name__ == "__main__":
    main()
