"""A process that stood still: what waited in its socket meanwhile."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE

from .conftest import Layers

STANDSTILL_SECONDS = 2.0
MESSAGES = 20

# Prints what it gets, one line a message: once for who wants the newest only, once for the other.
RECEIVER = """
import asyncio, sys
from streams.layers import StreamsChannelLayer

async def main():
    layer = StreamsChannelLayer(hosts=[sys.argv[1]])
    for kind in ("newest", "all"):
        channel = await layer.new_channel()
        def deliver(group, message, kind=kind):
            print(kind, message["number"], flush=True)
        layer.attach(channel, deliver, newest_only=kind == "newest")
        await layer.group_add("group", channel)
    await layer.settle()
    print("ready 0", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_who_wants_the_newest_gets_nothing_that_waited_before_it(
    layers: Layers,
) -> None:
    sender = layers.make()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RECEIVER, layers.server.url, stdout=PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            assert await process.stdout.readline() == b"ready 0\n"
            os.kill(process.pid, signal.SIGSTOP)
            for number in range(1, MESSAGES + 1):
                await sender.group_send("group", {"type": "x", "number": number})
            # As long as it takes the process to know that it stood still.
            await asyncio.sleep(STANDSTILL_SECONDS)
            os.kill(process.pid, signal.SIGCONT)
            lines = [await process.stdout.readline() for _ in range(MESSAGES + 1)]
            await sender.group_send("group", {"type": "x", "number": 99})
            lines += [await process.stdout.readline() for _ in range(2)]
    finally:
        process.kill()
        await process.wait()
    newest = [int(line.split()[1]) for line in lines if line.startswith(b"newest")]
    everything = [int(line.split()[1]) for line in lines if line.startswith(b"all")]
    assert newest == [MESSAGES, 99]
    assert everything == [*range(1, MESSAGES + 1), 99]
