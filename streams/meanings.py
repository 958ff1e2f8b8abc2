"""What every error, refusal and close code means: for documents that people and programs read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from streams.protocol import (
    CLOSE_DISCONNECTED,
    CLOSE_MESSAGE_TOO_BIG,
    CLOSE_NO_SUBSCRIPTION,
    CLOSE_NORMAL,
    CLOSE_NOT_AUTHENTICATED,
    CLOSE_NOT_UTF8,
    CLOSE_OVER_LIMIT,
    CLOSE_PROTOCOL_ERROR,
    CLOSE_SERVER_FAILED,
    CLOSE_SERVICE_RESTART,
    CLOSE_TOO_SLOW,
)


class Refusal(NamedTuple):
    """An HTTP answer instead of an open socket."""

    status: int
    code: str
    meaning: str


class Close(NamedTuple):
    """A close code and whether to come back."""

    code: int
    meaning: str
    comes_back: str


ERRORS: Final[Mapping[str, str]] = {
    "empty": "no symbol was named",
    "not_text": "the message was binary",
    "invalid_symbol": "no exchange would use this as a symbol (also on /profile)",
    "too_many_symbols": "more symbols than a connection may follow",
    "too_many_new_symbols": "more symbols, or sets of them, than a client may name in an hour "
    "(also on /profile)",
    "message_too_long": "the message has too many bytes",
    "malformed_json": "begins like JSON but is none",
    "unknown_command": "JSON, but not one of the commands",
}

REFUSALS: Final = (
    Refusal(400, "bad_handshake", "not a valid WebSocket handshake (also 405, 426)"),
    Refusal(401, "missing_key", "neither a key nor a session"),
    Refusal(401, "invalid_key", "an unknown, revoked or expired key, or a session that is over"),
    Refusal(401, "ambiguous_key", "different keys, or Origins, in one handshake"),
    Refusal(401, "missing_origin", "a session without an Origin"),
    Refusal(403, "endpoint_not_allowed", "the key is not for this endpoint"),
    Refusal(403, "origin_not_allowed", "this page may not connect"),
    Refusal(404, "not_found", "there is no such endpoint"),
    Refusal(408, "timeout", "the request did not arrive in time"),
    Refusal(429, "over_quota", "as many connections as a day has"),
    Refusal(429, "too_many_connections", "as many connections at once as the key may have"),
    Refusal(429, "too_many_handshakes", "too many handshakes, or wrong keys, from this address"),
    Refusal(431, "head_too_large", "the request's headers are too large"),
    Refusal(500, "internal", "the server failed"),
    Refusal(503, "full", "as many connections as the server may have"),
    Refusal(503, "overloaded", "the server could not answer in time"),
    Refusal(503, "restarting", "the server restarts"),
    Refusal(503, "unavailable", "keys cannot be checked now"),
)

CLOSES: Final = (
    Close(CLOSE_NORMAL, "the client said goodbye", "–"),
    Close(CLOSE_PROTOCOL_ERROR, "not a WebSocket frame that may come", "fix the client"),
    Close(CLOSE_NOT_UTF8, "a text message that is not UTF-8", "fix the client"),
    Close(CLOSE_MESSAGE_TOO_BIG, "a message larger than the limit", "fix the client"),
    Close(CLOSE_SERVER_FAILED, "the server failed", "yes"),
    Close(CLOSE_SERVICE_RESTART, "the server restarts", "yes, after a random pause"),
    Close(
        CLOSE_NOT_AUTHENTICATED,
        "the key or session is not valid any more: revoked, expired, logged out",
        "not with this key",
    ),
    Close(CLOSE_NO_SUBSCRIPTION, "no subscription in time", "yes"),
    Close(CLOSE_DISCONNECTED, "disconnected by an administrator", "yes, after a pause"),
    Close(CLOSE_TOO_SLOW, "the client took nothing for too long", "yes"),
    Close(CLOSE_OVER_LIMIT, "too many messages, pings or pongs in a second", "later"),
)
