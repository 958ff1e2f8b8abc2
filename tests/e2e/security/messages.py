"""What clients of a server with USE_SECURITY get: messages, and refusals of keys."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.e2e.security.installation import refusal
from tests.processes import Server


async def receive(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), 30))


async def first_message(socket: ClientConnection, path: str) -> Any:
    if path.startswith("/quotes"):
        await socket.send("AAPL,MSFT")
    return await receive(socket)


def metadata_of(message: Any) -> Any:
    return message[0]["metadata"] if isinstance(message, list) else message["metadata"]


async def refusal_of_key(server: Server, key: str, path: str = "/hours") -> Any:
    return await refusal(server.url(path), additional_headers={"x-api-key": key})
