"""Why a connection ended, and what to do about it: stop, or come back after how long.

Exception
├── Stopped     nothing will come any more, a retry does not help; says how to exit
└── Lost        the network's or the server's fault; a retry after a pause helps
"""

from __future__ import annotations

import random
from typing import Any, Final

import msgspec

from streams.protocol import (
    CLOSE_MESSAGE_TOO_BIG,
    CLOSE_NOT_AUTHENTICATED,
    CLOSE_NOT_UTF8,
    CLOSE_OVER_LIMIT,
    CLOSE_SERVICE_RESTART,
)

EXIT_FAILED: Final = 1
EXIT_BAD_INPUT: Final = 2

MAX_PAUSE_SECONDS: Final = 30.0
# All clients of a server that restarts are told so at once: they must not all return at once.
RESTART_SPREAD_SECONDS: Final = 5.0
OVER_LIMIT_PAUSE_SECONDS: Final = 10.0
MAX_RETRY_AFTER_SECONDS: Final = 120.0
# A pause of nothing would be a busy loop.
MIN_PAUSE_SECONDS: Final = 0.2


class Stopped(Exception):
    """The sentence is for people; the process exits with `exit_code`."""

    def __init__(self, sentence: str, exit_code: int = EXIT_BAD_INPUT) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


class Lost(Exception):
    """Come back after `at_least` seconds and a random part of `spread`, which grows."""

    def __init__(self, reason: str, at_least: float = 0.0, spread: float = 1.0) -> None:
        super().__init__(reason)
        self.at_least = at_least
        self.spread = spread

    def pause_seconds(self, failures: int) -> float:
        """How long to wait after so many failures in a row: exponential, with full jitter."""
        spread = min(MAX_PAUSE_SECONDS, self.spread * 2 ** min(failures, 10))
        return self.at_least + random.uniform(MIN_PAUSE_SECONDS, max(MIN_PAUSE_SECONDS, spread))


def ending_of_close(code: int | None, reason: str) -> Stopped | Lost:
    """What a close code means; None: the connection broke without one."""
    said = f" ({reason.rstrip('.')})" if reason else ""
    match code:
        case None:
            return Lost("The connection broke")
        case _ if code == CLOSE_SERVICE_RESTART:
            return Lost("The server restarts", spread=RESTART_SPREAD_SECONDS)
        case _ if code == CLOSE_NOT_AUTHENTICATED:
            return Stopped(f"The server closed with {code}: the key is not valid any more.")
        case _ if code in (CLOSE_MESSAGE_TOO_BIG, CLOSE_NOT_UTF8):
            return Stopped(f"The server closed with {code}{said}: these are too many symbols.")
        case _ if code == CLOSE_OVER_LIMIT:
            return Lost("The server says: too many messages", OVER_LIMIT_PAUSE_SECONDS)
        case _:
            return Lost(f"The server closed with {code}{said}")


def ending_of_refusal(status: int, body: bytes, retry_after: str | None) -> Stopped | Lost:
    """What an HTTP answer instead of an open socket means."""
    said = _said_in(body)
    if status >= 500:
        at_least = float(retry_after) if retry_after and retry_after.isdecimal() else 0.0
        return Lost(
            f"The server answered {status}{said}", at_least=min(at_least, MAX_RETRY_AFTER_SECONDS)
        )
    hint = "" if status in (401, 403, 404, 429) else " instead of opening a WebSocket"
    return Stopped(f"The server answered {status}{hint}{said}.")


def ending_of_error(message: Any) -> Stopped | None:
    """An error frame says that our one message was wrong; None for what is data."""
    if not isinstance(message, dict) or not isinstance(message.get("error"), dict):
        return None
    error = message["error"]
    return Stopped(f"The server says: {printable(error.get('message') or error.get('code'))}")


def ending_of_nothing(message: Any, symbols: tuple[str, ...]) -> Stopped | None:
    """Who wants one answer and gets none must be able to tell by the exit code."""
    if isinstance(message, list):
        found = {row.get("symbol") for row in message if isinstance(row, dict)}
        missing = [symbol for symbol in symbols if symbol not in found]
    else:
        has_quote = not isinstance(message, dict) or bool(message.get("quote"))
        missing = [] if has_quote else list(symbols)
    said = f"The server has no quote of {', '.join(missing)}."
    return Stopped(said, EXIT_FAILED) if missing else None


def printable(text: object) -> str:
    """A text that may come from anywhere, without what would steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in str(text))


def _said_in(body: bytes) -> str:
    try:
        error = msgspec.json.decode(body)["error"]
        return f", {printable(error['code'])}: {printable(error['message']).rstrip('.')}"
    except (msgspec.DecodeError, UnicodeError, LookupError, TypeError):
        return ""
