"""API keys as texts: how one is made, what one looks like, what is kept of it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Final

import msgspec

# A prefix that people may see and name, and a secret of 256 bits. All of it may stand in a
# header and in a WebSocket subprotocol.
_SHAPE: Final = re.compile(r"fq_[0-9a-f]{8}_[A-Za-z0-9_-]{43}")
PREFIX_LENGTH: Final = len("fq_") + 8


class NewKey(msgspec.Struct, frozen=True):
    """A key at the only moment at which it is known in clear."""

    text: str

    @property
    def prefix(self) -> str:
        return self.text[:PREFIX_LENGTH]

    @property
    def digest(self) -> str:
        return digest_of(self.text)

    def __repr__(self) -> str:
        return f"NewKey({self.prefix}…)"


def generate_key() -> NewKey:
    """A key that nobody can guess."""
    return NewKey(f"fq_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}")


def digest_of(key: str) -> str:
    """What is kept of a key. Its secret is random, so that a plain hash cannot be reversed."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def could_be_key(text: str) -> bool:
    """Whether a text has the shape of a key: what has not need not be looked up."""
    return _SHAPE.fullmatch(text) is not None


def name_key(text: str) -> str:
    """What may be said of a key in a log: its prefix, which is no secret; "" of what is no key."""
    return f"key {text[:PREFIX_LENGTH]}" if could_be_key(text) else ""


def is_same(one: str, other: str) -> bool:
    """Compares two digests in a time that says nothing about where they differ."""
    return hmac.compare_digest(one, other)
