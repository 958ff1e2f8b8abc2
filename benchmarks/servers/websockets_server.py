"""websockets: `broadcast`, keep-alive pings off."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.servers.options import make_payload, parse_options, tick_forever

members: dict[str, set[ServerConnection]] = defaultdict(set)


async def handle(connection: ServerConnection) -> None:
    assert connection.request
    group = connection.request.path
    members[group].add(connection)
    try:
        async for _ in connection:
            await connection.send(make_payload(group, options.size))
    finally:
        members[group].discard(connection)


async def tick() -> None:
    for group, connections in members.items():
        broadcast(connections, make_payload(group, options.size))


async def main() -> None:
    async with serve(
        handle, "127.0.0.1", options.port, ping_interval=None, compression=None, backlog=4096
    ):
        await tick_forever(options.interval, tick)


options = parse_options()
asyncio.run(main())
