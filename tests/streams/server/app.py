"""A tiny ASGI application; the first part of the path says how it behaves."""

import asyncio
import enum
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Code(enum.IntEnum):
    RESTARTING = 1012


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await answer_http(scope, receive, send)
        return
    assert (await receive())["type"] == "websocket.connect"
    name, *arguments = scope["path"].strip("/").split("/")
    await BEHAVIOURS[name](scope, receive, send, *arguments)


async def answer_http(scope: Message, receive: Receive, send: Send) -> None:
    await receive()
    if scope["path"] == "/silent":
        return
    if scope["path"] == "/raise":
        raise RuntimeError("asked to")
    body = json.dumps({"path": scope["path"], "root_path": scope["root_path"]}).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def until_disconnect(receive: Receive) -> None:
    while (message := await receive())["type"] != "websocket.disconnect":
        pass
    say(f"disconnected {message['code']}")


async def echo(scope: Message, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})
    say(f"disconnected {message['code']}")


async def show(scope: Message, receive: Receive, send: Send, subprotocol: str = "") -> None:
    headers = [(b"X-Greeting", b"hello")]
    await send({"type": "websocket.accept", "subprotocol": subprotocol or None, "headers": headers})
    shown = {key: value for key, value in scope.items() if key not in ("headers", "state")}
    shown["extensions"] = list(scope["extensions"])
    shown["headers"] = [
        [name.decode(), value.decode("latin-1")] for name, value in scope["headers"]
    ]
    await send({"type": "websocket.send", "text": json.dumps(shown, default=bytes.decode)})
    await until_disconnect(receive)


async def deny(scope: Message, receive: Receive, send: Send, status: str) -> None:
    assert "websocket.http.response" in scope["extensions"]
    headers = [(b"Content-Type", b"application/json"), (b"Retry-After", b"7")]
    kind = "websocket.http.response"
    await send({"type": f"{kind}.start", "status": int(status), "headers": headers})
    await send({"type": f"{kind}.body", "body": b'{"error"', "more_body": True})
    await send({"type": f"{kind}.body", "body": b": 1}"})
    await until_disconnect(receive)


async def reject(scope: Message, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.close", "code": 4001})
    await until_disconnect(receive)


async def close(scope: Message, receive: Receive, send: Send, code: str) -> None:
    await send({"type": "websocket.accept"})
    value: int = Code(int(code)) if int(code) == Code.RESTARTING else int(code)
    await send({"type": "websocket.close", "code": value, "reason": "because"})
    await send({"type": "websocket.send", "text": "too late, and harmless"})
    await until_disconnect(receive)


async def fail(scope: Message, receive: Receive, send: Send, when: str) -> None:
    if when == "after":
        await send({"type": "websocket.accept"})
    raise RuntimeError("asked to")


async def leave(scope: Message, receive: Receive, send: Send, when: str) -> None:
    if when == "after":
        await send({"type": "websocket.accept"})


async def hesitate(scope: Message, receive: Receive, send: Send) -> None:
    say("hesitating")
    await until_disconnect(receive)


async def cling(scope: Message, receive: Receive, send: Send) -> None:
    """Does not mind its client's leaving."""
    await send({"type": "websocket.accept"})
    await until_disconnect(receive)
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        say("cancelled")
        raise


async def block(scope: Message, receive: Receive, send: Send) -> None:
    """Hangs a thread of the default executor."""
    await send({"type": "websocket.accept"})
    hanging = asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
    await send({"type": "websocket.send", "text": "hanging"})
    await until_disconnect(receive)
    hanging.cancel()


async def large(scope: Message, receive: Receive, send: Send, size: str) -> None:
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "x" * int(size)})
    await until_disconnect(receive)


async def obey(scope: Message, receive: Receive, send: Send) -> None:
    """Sends what its client says: `offer a 100` offers the letter a hundred times."""
    await send({"type": "websocket.accept"})
    sending = []
    while (message := await receive())["type"] == "websocket.receive":
        command, letter, count = message["text"].split()
        text = letter * int(count)
        if command == "offer":
            scope["extensions"]["streams.outbox"]["outbox"].offer(text)
        else:
            sending.append(
                asyncio.ensure_future(send({"type": f"websocket.{command}", "text": text}))
            )
        say(f"did {command} {letter}")
    await asyncio.gather(*sending)
    say(f"disconnected {message['code']}")


async def nap(scope: Message, receive: Receive, send: Send) -> None:
    """Sleeps for a while, then counts what has come; the last message is `wake`."""
    await send({"type": "websocket.accept"})
    say("asleep")
    await asyncio.sleep(0.2)
    numbers = []
    while (text := (await receive())["text"]) != "wake":
        numbers.append(int(text[:4]))
    assert numbers == list(range(len(numbers)))
    say(f"woke up after {len(numbers)}")
    await send({"type": "websocket.send", "text": str(len(numbers))})
    await until_disconnect(receive)


async def ready(scope: Message, receive: Receive, send: Send) -> None:
    """Says whether the server drains."""
    await send({"type": "websocket.accept"})
    while (await receive())["type"] == "websocket.receive":
        is_draining = scope["extensions"]["streams.server"]["server"].is_draining
        await send({"type": "websocket.send", "text": str(is_draining)})


async def pid(scope: Message, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": str(os.getpid())})
    await until_disconnect(receive)


BEHAVIOURS: dict[str, Callable[..., Awaitable[None]]] = {
    behaviour.__name__: behaviour
    for behaviour in (
        echo,
        show,
        deny,
        reject,
        close,
        fail,
        leave,
        hesitate,
        cling,
        block,
        large,
        obey,
        nap,
        pid,
        ready,
    )
}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
