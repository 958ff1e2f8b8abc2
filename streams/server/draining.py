"""How a server ends: clients are told to come back, spread over time, and applications clean up."""

import asyncio
import logging
import random
from typing import Any

from streams.server.protocol import StreamProtocol

logger = logging.getLogger(__name__)

Connections = dict[Any, "asyncio.Task[None] | None"]

STEP_SECONDS = 0.05

# Together these stay below the two seconds in which a second Ctrl-C has to end the process.
DISCONNECT_SECONDS = 1.0
CANCEL_SECONDS = 0.3


async def drain(connections: Connections, seconds: float) -> None:
    """Send every WebSocket away with 1012 within that time, then end what is left.

    Ends early when nobody is left. Takes little more than a second longer at most.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    departures = [(end - random.uniform(0, seconds), protocol) for protocol in _open(connections)]
    while departures:
        now = loop.time()
        for at, protocol in departures:
            if at <= now:
                protocol.go_away()
        departures = [departure for departure in departures if departure[1].is_open]
        if departures:
            await asyncio.sleep(STEP_SECONDS)
    await _wait_for_applications(connections, max(0, end - loop.time()) + DISCONNECT_SECONDS)
    await _cancel_applications(connections)


def _open(connections: Connections) -> list[StreamProtocol]:
    return [
        protocol
        for protocol in connections
        if isinstance(protocol, StreamProtocol) and protocol.is_open
    ]


async def _cancel_applications(connections: Connections) -> None:
    late = _running(connections)
    for task in late:
        task.cancel()
    if late:
        stuck = await _wait_for_applications(connections, CANCEL_SECONDS)
        logger.warning("Cancelled %d applications, %d did not end", len(late), len(stuck))


async def _wait_for_applications(
    connections: Connections, seconds: float
) -> set["asyncio.Task[None]"]:
    """Those still running after that time."""
    tasks = _running(connections)
    if not tasks:
        return tasks
    _, running = await asyncio.wait(tasks, timeout=seconds)
    return running


def _running(connections: Connections) -> set["asyncio.Task[None]"]:
    return {task for task in connections.values() if task and not task.done()}
