"""The wire protocol: what clients may say, how they are answered, and why a socket closes."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from marketdata.errors import InvalidSymbol
from marketdata.symbols import parse_symbols

# Plain integers: an IntEnum's members fail on the wire. docs/protocol.md says what each means.
CLOSE_NORMAL: Final = 1000
CLOSE_ABNORMAL: Final = 1006  # never sent: the connection ended without a close frame
CLOSE_MESSAGE_TOO_BIG: Final = 1009
CLOSE_INTERNAL_ERROR: Final = 1011
CLOSE_SERVICE_RESTART: Final = 1012
CLOSE_NOT_AUTHENTICATED: Final = 4401
CLOSE_NO_SUBSCRIPTION: Final = 4408
CLOSE_TOO_SLOW: Final = 4413
CLOSE_OVER_LIMIT: Final = 4429

# A browser that offers subprotocols, as it must to carry a key, expects one to be picked.
SUBPROTOCOL: Final = "financequery"


class ClientError(Exception):
    """What the client sent cannot be followed. `code` is for programs, the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def frame(self) -> str:
        """The error as the client gets it."""
        return encode({"error": {"code": self.code, "message": str(self)}})


class _SetCommand(msgspec.Struct, forbid_unknown_fields=True):
    subscribe: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()


def parse_command(
    text: str | None, present: tuple[str, ...], max_symbols: int, max_bytes: int
) -> tuple[str, ...]:
    """The symbols a connection follows after a client's message on /quotes.

    `text` is comma-separated symbols, which replace the `present` ones, or
    `{"subscribe": [...], "unsubscribe": [...]}`, which changes them; None stands for a binary
    message. Raises ClientError.
    """
    if text is None:
        raise ClientError("not_text", "Send text: symbols separated by commas, or JSON.")
    if len(text.encode("utf-8", "replace")) > max_bytes:
        raise ClientError("message_too_long", f"A message may have {max_bytes} bytes at most.")
    if not text.strip():
        raise ClientError("empty", "Name at least one symbol, for example AAPL,MSFT.")
    symbols = _parse_set_command(text, present) if _is_json(text) else _parse_list(text)
    if len(symbols) > max_symbols:
        raise ClientError(
            "too_many_symbols",
            f"A connection may follow {max_symbols} symbols at most, not {len(symbols)}.",
        )
    return symbols


def encode(message: Any) -> str:
    """A message as JSON text. NaN and infinity become null."""
    return msgspec.json.encode(message).decode()


def with_metadata(payload: str, metadata: dict[str, int]) -> str:
    """A payload, an object or an array, with the metadata where v1 has it."""
    opening, rest = payload[0], payload[1:]
    comma = "" if rest.strip() in ("}", "]") else ","
    first = encode({"metadata": metadata})
    return f"[{first}{comma}{rest}" if opening == "[" else f"{first[:-1]}{comma}{rest}"


def _is_json(text: str) -> bool:
    return text.lstrip().startswith(("{", "["))


def _parse_list(text: str) -> tuple[str, ...]:
    symbols = _parse_symbols(text.split(","))
    if not symbols:
        raise ClientError("empty", "Name at least one symbol, for example AAPL,MSFT.")
    return symbols


def _parse_set_command(text: str, present: tuple[str, ...]) -> tuple[str, ...]:
    try:
        command = msgspec.json.decode(text, type=_SetCommand)
    except msgspec.ValidationError as error:
        raise ClientError("unknown_command", f"Not a known command: {error}.") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ClientError("malformed_json", f"Not valid JSON: {error}.") from error
    if not command.subscribe and not command.unsubscribe:
        raise ClientError("unknown_command", 'Give "subscribe" or "unsubscribe" a list of symbols.')
    added, removed = _parse_symbols(command.subscribe), _parse_symbols(command.unsubscribe)
    return tuple(sorted({*present, *added} - set(removed)))


def _parse_symbols(texts: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    try:
        return parse_symbols(texts)
    except InvalidSymbol as error:
        raise ClientError("invalid_symbol", f"{error}.") from error
