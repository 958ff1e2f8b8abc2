"""Reproducible chance: numbers that depend on nothing but a text, in every process alike."""

from __future__ import annotations

from hashlib import blake2b

_BYTES_A_FRACTION = 4


def get_bytes(key: str, count: int) -> bytes:
    """`count` (at most 64) evenly distributed bytes for `key`."""
    return blake2b(key.encode(), digest_size=count).digest()


def get_fractions(key: str, count: int) -> tuple[float, ...]:
    """`count` (at most 16) numbers in [0, 1)."""
    digest = get_bytes(key, count * _BYTES_A_FRACTION)
    return tuple(
        [
            int.from_bytes(digest[at : at + _BYTES_A_FRACTION], "big") / 2**32
            for at in range(0, len(digest), _BYTES_A_FRACTION)
        ]
    )


def get_fraction(key: str) -> float:
    """A number in [0, 1)."""
    return get_fractions(key, 1)[0]
