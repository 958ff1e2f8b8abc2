"""What makes a process ready, and what it says if it is not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.monitoring.readiness import Signs, judge

WELL = Signs(refresh_age=1.0, layer_age=1.0, delivery_age=1.0, oldest_stream_age=1.0, limit=10.0)


def test_ready_is_who_delivers() -> None:
    readiness = judge(WELL)
    assert readiness.ready
    assert readiness.reasons == []
    assert all(part.ok for part in readiness.parts.values())


@pytest.mark.parametrize(
    ("change", "part", "words"),
    [
        ({"refresh_age": 10.1}, "refresh", "nobody refreshes, since 10.1 s; 10 s are allowed"),
        ({"layer_age": 11.0}, "layer", "brings nothing, since 11.0 s"),
        ({"layer_age": None}, "layer", "not once yet"),
        ({"delivery_age": 12.0}, "outbox", "nothing leaves the outbox"),
        ({"oldest_stream_age": 13.0}, "streams", "clients wait"),
        ({"is_draining": True}, "draining", "about to end"),
        ({"is_full": True}, "capacity", "MAX_CONNECTIONS"),
        ({"shut_age": 10.1}, "handshakes", "keys and sessions cannot be looked up, since 10.1 s"),
        ({"blind_age": 10.1}, "validation", "who is connected cannot be looked at, since 10.1 s"),
    ],
)
def test_each_part_alone_makes_it_unready_and_says_why(
    change: dict[str, Any], part: str, words: str
) -> None:
    readiness = judge(msgspec.structs.replace(WELL, **change))
    assert not readiness.ready
    [reason] = readiness.reasons
    assert reason.startswith(f"{part}: ")
    assert words in reason
    assert [name for name, one in readiness.parts.items() if not one.ok] == [part]


def test_the_limit_itself_is_still_in_time() -> None:
    assert judge(msgspec.structs.replace(WELL, delivery_age=10.0)).ready
