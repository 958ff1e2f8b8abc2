"""The application that the cases talk to: it says what it hears.

Texts go the way of payloads, so that they are compressed for clients that agreed on it.
"""

from __future__ import annotations

from typing import Any


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    outbox = scope["extensions"]["streams.outbox"]["outbox"]
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text"):
            outbox.offer(message["text"])
        else:
            await send({**message, "type": "websocket.send"})
