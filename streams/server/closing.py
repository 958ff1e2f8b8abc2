"""Which close codes may travel in a close frame, and how a reason is cut to fit one."""

from typing import Final

NORMAL: Final = 1000
NO_STATUS: Final = 1005
ABNORMAL: Final = 1006
INTERNAL_ERROR: Final = 1011
RESTARTING: Final = 1012
TOO_SLOW: Final = 4413
OVER_LIMIT: Final = 4429

MAX_REASON_BYTES: Final = 123

# RFC 6455, 7.4 and the IANA registry; 1004, 1005, 1006 and 1015 never appear on the wire.
_REGISTERED = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})


def check_close_code(code: object) -> int:
    """`code` as a plain integer; IntEnum members are welcome.

    Raises ValueError for what a close frame must not carry.
    """
    if not isinstance(code, int):
        raise ValueError(f"a close code is an integer, not {code!r}")
    if code not in _REGISTERED and not 3000 <= code <= 4999:
        raise ValueError(f"close code {int(code)} must not be sent in a close frame")
    return int(code)


def encode_reason(reason: str | None) -> bytes:
    """UTF-8, cut between characters so that it fits into a close frame."""
    encoded = (reason or "").encode()[:MAX_REASON_BYTES]
    return encoded.decode(errors="ignore").encode()
