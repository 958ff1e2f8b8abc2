"""Negotiating permessage-deflate (RFC 7692) so that one compressed frame serves all clients.

Neither side keeps a context from message to message: no zlib memory per connection.
"""

_ANSWER = b"permessage-deflate; server_no_context_takeover; client_no_context_takeover"
_FULL_WINDOW = b"15"
_WINDOWS = frozenset(b"%d" % bits for bits in range(8, 16))


def answer_deflate(offers: list[bytes]) -> bytes | None:
    """The Sec-WebSocket-Extensions header that accepts the first offer that fits, if one does.

    `offers` are the values of that header in the request.
    """
    for offer in b",".join(offers).split(b","):
        name, *parameters = (part.strip() for part in offer.split(b";"))
        if name == b"permessage-deflate" and (answer := _accept(parameters)):
            return answer
    return None


def _accept(parameters: list[bytes]) -> bytes | None:
    pairs = [tuple(parameter.partition(b"=")[::2]) for parameter in parameters]
    values = {name.strip(): value.strip(b' "') for name, value in pairs}
    if len(values) != len(pairs) or not all(map(_is_valid, values, values.values())):
        return None
    if b"server_max_window_bits" in values:
        return _ANSWER + b"; server_max_window_bits=" + _FULL_WINDOW
    return _ANSWER


def _is_valid(name: bytes, value: bytes) -> bool:
    match name:
        case b"server_no_context_takeover" | b"client_no_context_takeover":
            return not value
        case b"client_max_window_bits":
            return not value or value in _WINDOWS
        case b"server_max_window_bits":
            # What is compressed once for all needs the window that all others have.
            return value == _FULL_WINDOW
        case _:
            return False
