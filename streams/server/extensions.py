"""Negotiating permessage-deflate (RFC 7692) so that one compressed frame serves all clients.

What the server sends never builds on earlier messages, which is allowed whatever is agreed on.
A client may build on its own, unless it offers not to. The answer names only what the client
offered: some clients end the connection over anything else.
"""

import re
from dataclasses import dataclass

_FULL_WINDOW = "15"
_WINDOWS = frozenset(map(str, range(8, 16)))
_PARAMETER = re.compile(r'([a-z_]+)(?: *= *("?)([0-9]+)\2)?')
_FLAGS = ("server_no_context_takeover", "client_no_context_takeover")


@dataclass(frozen=True, slots=True)
class Deflate:
    """An offer that fits."""

    answer: bytes
    """The Sec-WebSocket-Extensions header that accepts it."""

    keeps_context: bool
    """Whether the client's messages build on its earlier ones."""


def accept_deflate(offers: list[bytes]) -> Deflate | None:
    """The first offer that fits, if one does."""
    for offer in offers:
        name, *parameters = (part.strip(b" \t") for part in offer.split(b";"))
        if name == b"permessage-deflate" and (accepted := _accept(parameters)):
            return accepted
    return None


def _accept(parameters: list[bytes]) -> Deflate | None:
    matches = [_PARAMETER.fullmatch(parameter.decode("latin-1")) for parameter in parameters]
    values = {match[1]: match[3] for match in matches if match}
    if len(values) != len(parameters) or not all(map(_is_valid, values, values.values())):
        return None
    answer = ["permessage-deflate", *(flag for flag in _FLAGS if flag in values)]
    if "server_max_window_bits" in values:
        answer.append(f"server_max_window_bits={_FULL_WINDOW}")
    encoded = "; ".join(answer).encode("ascii")
    return Deflate(encoded, keeps_context="client_no_context_takeover" not in values)


def _is_valid(name: str, value: str | None) -> bool:
    if name in _FLAGS:
        return value is None
    if name == "client_max_window_bits":
        return value is None or value in _WINDOWS
    # What is compressed once for all needs the window that all others have.
    return name == "server_max_window_bits" and value == _FULL_WINDOW
