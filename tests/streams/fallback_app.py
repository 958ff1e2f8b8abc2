"""Offers what its client says, over whatever outbox the server allows."""

import sys
from typing import Any

from streams.counts import Sent
from streams.outbox import AsgiOutbox, outbox_of


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        return
    try:
        await obey(scope, receive, send)
    finally:
        say("ended")


async def obey(scope: dict[str, Any], receive: Any, send: Any) -> None:
    outbox, send = outbox_of(scope, send, 0.5, Sent())
    assert isinstance(outbox, AsgiOutbox)
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        command, letter, count = message["text"].split()
        outbox.offer(letter * int(count))
        say(f"offered {letter}")
        if command == "both":
            await send({"type": "websocket.send", "text": f"after {letter}"})


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
