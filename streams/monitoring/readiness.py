"""Readiness: whether this process can deliver now, and what is wrong if not. Pure.

Ages and limits in seconds; None: not once yet.
"""

from __future__ import annotations

import msgspec

# Alone, a process that misses two ticks does not deliver.
LIMIT_TICKS = 2.0
# In a cluster a takeover begins after 1.5 to 1.75 ticks, and Redis may take its time to fail.
CLUSTER_LIMIT_TICKS = 2.5


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a process at one moment."""

    refresh_age: float | None
    layer_age: float | None
    delivery_age: float | None
    oldest_stream_age: float
    limit: float
    is_draining: bool = False
    is_full: bool = False
    blind_age: float = 0.0
    shut_age: float = 0.0


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of the way out."""

    ok: bool
    age_seconds: float | None = None
    reason: str = ""


class Readiness(msgspec.Struct, frozen=True):
    """The answer of /readyz."""

    ready: bool
    reasons: list[str]
    limit_seconds: float
    parts: dict[str, Part]


def judge(signs: Signs) -> Readiness:
    """Ready is who delivers, may take more clients, and is not about to end."""
    limit = signs.limit
    parts = {
        "refresh": _aged(signs.refresh_age, limit, "nobody refreshes"),
        "layer": _aged(signs.layer_age, limit, "the channel layer brings nothing"),
        "outbox": _aged(signs.delivery_age, limit, "nothing leaves the outbox"),
        "streams": _aged(signs.oldest_stream_age, limit, "clients wait for their data"),
        "draining": _unless(signs.is_draining, "the process is about to end"),
        "capacity": _unless(signs.is_full, "no connection is left (MAX_CONNECTIONS)"),
        "handshakes": _aged(signs.shut_age, limit, "keys and sessions cannot be looked up"),
        "validation": _aged(signs.blind_age, limit, "who is connected cannot be looked at"),
    }
    reasons = [f"{name}: {part.reason}" for name, part in parts.items() if not part.ok]
    return Readiness(not reasons, reasons, limit, parts)


def _aged(age: float | None, limit: float, trouble: str) -> Part:
    if age is None:
        return Part(False, None, f"{trouble}, not once yet")
    rounded = round(age, 3)
    if age <= limit:
        return Part(True, rounded)
    return Part(False, rounded, f"{trouble}, since {age:.1f} s; {limit:g} s are allowed")


def _unless(trouble: bool, reason: str) -> Part:
    return Part(False, None, reason) if trouble else Part(True)
