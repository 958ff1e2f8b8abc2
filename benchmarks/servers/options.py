"""What every server of the comparison is started with."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable


class Options(argparse.Namespace):
    port: int
    groups: int
    size: int
    interval: float
    redis: str


def parse_options() -> Options:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--groups", type=int, default=1)
    parser.add_argument("--size", type=int, default=1024, help="bytes of a payload")
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between payloads")
    parser.add_argument("--redis", default="")
    return parser.parse_args(namespace=Options())


def make_payload(group: str, size: int) -> str:
    """JSON of that size that is new at every tick."""
    head = json.dumps({"group": group, "at": time.time(), "filler": ""})
    return head[:-2] + "x" * max(0, size - len(head)) + '"}'


async def tick_forever(interval: float, tick: Callable[[], Awaitable[None]]) -> None:
    """The cadence of the product: counted from the start, without drift."""
    loop = asyncio.get_running_loop()
    started_at, ticks = loop.time(), 0
    while True:
        ticks += 1
        await asyncio.sleep(started_at + ticks * interval - loop.time())
        await tick()
