"""uvicorn: a plain ASGI application that awaits `send` for one client after the other."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

import uvicorn

from benchmarks.servers.options import make_payload, parse_options, tick_forever

members: dict[str, set[Any]] = defaultdict(set)
ticking: list[asyncio.Task[None]] = []


async def application(scope: Any, receive: Any, send: Any) -> None:
    if not ticking:
        ticking.append(asyncio.create_task(tick_forever(options.interval, tick)))
    await receive()
    await send({"type": "websocket.accept"})
    members[scope["path"]].add(send)
    try:
        while (await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": make_payload("first", options.size)})
    finally:
        members[scope["path"]].discard(send)


async def tick() -> None:
    for group, sends in members.items():
        message = {"type": "websocket.send", "text": make_payload(group, options.size)}
        for send in tuple(sends):
            await send(message)


options = parse_options()
uvicorn.run(
    application,
    port=options.port,
    log_level="warning",
    lifespan="off",
    ws="websockets",
    ws_ping_interval=None,
    ws_per_message_deflate=False,
    backlog=4096,
)
