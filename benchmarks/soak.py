"""Does memory stay flat while clients come and go? `python -m benchmarks.soak --minutes 15`

500 clients stay, and 50 a second connect and leave again. Prints the server's memory every
30 seconds, and at the end its slope after the first three minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from statistics import linear_regression

import uvloop
from picows import WSMsgType, ws_connect

from benchmarks.contenders import CLIENT_CORE, OURS, Load, Started, start
from benchmarks.load import Client, Record, get_usage

STAYING, CHURN_PER_SECOND = 500, 50
SAMPLE_SECONDS, WARM_UP_SECONDS = 30.0, 180.0
GROUPS = 40


async def visit(server: Started, record: Record, seconds: float) -> None:
    """One client: connects, follows a set, stays so long, leaves."""
    client = Client(record)
    transport, _ = await ws_connect(lambda: client, f"ws://127.0.0.1:{server.port}{server.path}")
    transport.send(WSMsgType.TEXT, random.choice(server.first.split("|")).encode())
    await asyncio.sleep(seconds)
    transport.disconnect()
    await transport.wait_disconnected()


async def churn(server: Started, record: Record, ends_at: float) -> None:
    visits: set[asyncio.Task[None]] = set()
    while time.monotonic() < ends_at:
        visit_task = asyncio.create_task(visit(server, record, random.uniform(0.2, 2.0)))
        visits.add(visit_task)
        visit_task.add_done_callback(visits.discard)
        await asyncio.sleep(1 / CHURN_PER_SECOND)
    await asyncio.gather(*visits)


async def soak(server: Started, minutes: float) -> None:
    record = Record()
    record.ending = True  # clients that leave are the point
    began_at = time.monotonic()
    ends_at = began_at + 60 * minutes
    staying = [visit(server, record, 60 * minutes) for _ in range(STAYING)]
    running = asyncio.gather(*staying, churn(server, record, ends_at))
    samples: list[tuple[float, float]] = []
    while time.monotonic() < ends_at:
        await asyncio.sleep(min(SAMPLE_SECONDS, ends_at - time.monotonic()))
        at, (cpu, resident) = time.monotonic() - began_at, get_usage(server.pid)
        samples.append((at, resident / 1e6))
        messages, record.at = len(record.at), type(record.at)("d")
        print(f"{at:5.0f} s  {resident / 1e6:7.2f} MB  CPU {cpu:6.1f} s  {messages} messages")
    await running
    warm = [(at, megabytes) for at, megabytes in samples if at >= WARM_UP_SECONDS]
    if len(warm) > 2:
        slope = linear_regression(*zip(*warm, strict=True)).slope
        print(f"slope after 3 minutes: {slope * 600:+.2f} MB per 10 minutes")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=15.0)
    options = parser.parse_args()
    load = Load(STAYING, groups=GROUPS, interval=5.0)
    with start(OURS, load) as server:
        os.sched_setaffinity(0, {CLIENT_CORE})
        uvloop.install()
        asyncio.run(soak(server, options.minutes))


if __name__ == "__main__":
    main()
