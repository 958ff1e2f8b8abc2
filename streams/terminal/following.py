"""One stream, followed for as long as it takes: connects, listens, comes back.

Errors: `Stopped`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final, Protocol

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException

from streams.terminal.endings import (
    EXIT_FAILED,
    Lost,
    Stopped,
    ending_of_close,
    ending_of_error,
    ending_of_nothing,
    ending_of_refusal,
    printable,
)
from streams.terminal.target import Target

OPEN_SECONDS: Final = 10.0
PING_SECONDS: Final = 20.0
# Whoever presses Ctrl-C does not wait for a server to say goodbye.
CLOSE_SECONDS: Final = 0.5
MAX_MESSAGE_BYTES: Final = 8 * 2**20
MAX_QUEUED_MESSAGES: Final = 4

# What the library logs would write into the table, and says nothing that is not said there.
_silent = logging.getLogger(f"{__name__}.websockets")
_silent.propagate = False
_silent.addHandler(logging.NullHandler())


class Listener(Protocol):
    """Whoever shows what comes."""

    def connecting(self) -> None:
        """A connection is being made."""

    def received(self, text: str, message: Any) -> None:
        """A message with data: as it came, and decoded."""

    def lost(self, reason: str, pause_seconds: float) -> None:
        """The connection is gone; the next try is after the pause."""


async def follow(target: Target, listener: Listener, *, once: bool = False) -> None:
    """Tell the listener of everything, until cancelled, or with `once` of the first data.

    Raises Stopped when the server wants this client no more; with `once` also when there is
    no server, or no quote of a symbol that was asked for.
    """
    failures = 0
    while True:
        listener.connecting()
        try:
            async with aclosing(_messages(target)) as messages:
                async for text, message in messages:
                    failures = 0
                    listener.received(text, message)
                    if once:
                        if nothing := ending_of_nothing(message, target.symbols):
                            raise nothing
                        return
        except Lost as lost:
            if once:
                raise Stopped(f"{target.url}: {lost}.", EXIT_FAILED) from lost
            pause_seconds = lost.pause_seconds(failures)
            failures += 1
            listener.lost(str(lost), pause_seconds)
            await asyncio.sleep(pause_seconds)


async def _messages(target: Target) -> AsyncGenerator[tuple[str, Any], None]:
    """What one connection brings, as it came and decoded. Raises Lost or Stopped at its end."""
    try:
        async with _connect(target) as connection:
            if target.first_message is not None:
                await connection.send(target.first_message)
            while True:
                text = await connection.recv(decode=True)
                yield text, _decode(text)
    except (OSError, WebSocketException) as error:
        raise _ending_of(error, target) from error


def _ending_of(error: Exception, target: Target) -> Stopped | Lost:
    match error:
        case ConnectionClosed():
            frame = error.rcvd
            code, reason = (frame.code, frame.reason) if frame else (None, "")
            return ending_of_close(code, printable(reason))
        case InvalidStatus(response=answer):
            retry_after = answer.headers.get("retry-after")
            return ending_of_refusal(answer.status_code, bytes(answer.body or b""), retry_after)
        case InvalidURI():
            return Stopped(f"{target.url} is not a URL.")
        case ssl.SSLCertVerificationError():
            return Stopped(f"The server's certificate is not good: {error.verify_message}.")
        case TimeoutError():
            return Lost("The server does not answer")
    return Lost(f"No connection: {_described(error)}")


def _connect(target: Target) -> connect:
    return connect(
        target.url,
        additional_headers=target.headers,
        logger=_silent,
        open_timeout=OPEN_SECONDS,
        ping_interval=PING_SECONDS,
        ping_timeout=PING_SECONDS,
        close_timeout=CLOSE_SECONDS,
        max_size=MAX_MESSAGE_BYTES,
        max_queue=MAX_QUEUED_MESSAGES,
    )


def _decode(text: str) -> Any:
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Stopped("The server sent something else than JSON.") from error
    if stopped := ending_of_error(message):
        raise stopped
    return message


def _described(error: Exception) -> str:
    """In words that fit on a line."""
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, socket.gaierror):
        return "the host is unknown"
    cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return printable(cause or type(error).__name__).rstrip(".")
