"""What the swarm's process and the tests tell each other, one JSON line each."""

from __future__ import annotations

import msgspec


class Wish(msgspec.Struct, frozen=True):
    """A client to be: where it connects, and what it says first, if anything."""

    url: str
    text: str = ""


class Arrival(msgspec.Struct, frozen=True, tag="arrival"):
    """A message that client number `client` read `at` a time, in seconds of CLOCK_MONOTONIC.

    It was there to be read at `earliest` or later: in between the client was busy itself.
    `stamp` is the time at which its data was made, in seconds of any clock; None if it has none.
    """

    client: int
    at: float
    earliest: float
    stamp: float | None


class Closed(msgspec.Struct, frozen=True, tag="closed"):
    """The end of a client's connection, or of its attempt to connect."""

    client: int
    at: float
    reason: str


Record = Arrival | Closed
