"""The live connections of a process, and which of them a change ends."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from streams.control import Change, parse_change
from streams.identities import Identity
from streams.subscriptions import Endpoint
from streams.visits import Visit, Visits, describe_ended, is_concerned

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVERYTHING = frozenset(Endpoint)


def key(pk: int, **fields: object) -> Identity:
    fields = {"endpoints": EVERYTHING, "name": f"key {pk}", **fields}
    return Identity(f"key.{pk}", None, max_symbols=1, key_id=pk, **fields)  # type: ignore[arg-type]


class Sockets:
    """Visits that note who was put out."""

    def __init__(self) -> None:
        self.visits = Visits()
        self.ended: list[str] = []

    def open(self, identity: Identity, endpoint: Endpoint = Endpoint.HOURS) -> Visit:
        name = f"{identity.who} {endpoint}"
        visit = Visit(identity, endpoint, lambda code: self.ended.append(f"{name} {code}"))
        self.visits.add(visit)
        return visit


def test_those_who_are_not_valid_any_more_are_put_out_once() -> None:
    sockets = Sockets()
    gone, stays = key(1), key(2)
    for identity in (gone, gone, stays):
        sockets.open(identity)
    for _ in range(2):
        sockets.visits.apply([gone, stays], {stays.who: stays})
    assert sockets.ended == ["key.1 hours 4401"] * 2
    assert len(sockets.visits) == 1


def test_who_was_not_checked_is_left_alone() -> None:
    sockets = Sockets()
    sockets.open(key(1))
    assert sockets.visits.apply([key(2)], {}) == {}
    assert sockets.ended == []


def test_a_key_that_lost_an_endpoint_loses_its_connections_there() -> None:
    sockets = Sockets()
    before = key(1)
    sockets.open(before, Endpoint.HOURS)
    sockets.open(before, Endpoint.MARKET)
    after = key(1, endpoints=frozenset({"hours"}))
    sockets.visits.apply([before], {after.who: after})
    assert sockets.ended == ["key.1 market 4401"]
    assert sockets.visits.identities() == [after]


def test_those_who_expired_are_put_out() -> None:
    sockets = Sockets()
    sockets.open(key(1, expires_at=NOW))
    sockets.open(key(2, expires_at=NOW + timedelta(seconds=1)))
    sockets.open(key(3))
    assert sockets.visits.end_expired(NOW) == {"key 1": 1}
    assert sockets.ended == ["key.1 hours 4401"]


def test_those_who_are_disconnected_may_come_back() -> None:
    sockets = Sockets()
    sockets.open(key(1))
    sockets.open(key(2))
    assert sockets.visits.disconnect([key(1), key(3)]) == {"key 1": 1}
    assert sockets.ended == ["key.1 hours 4410"]
    assert [identity.who for identity in sockets.visits.identities()] == ["key.2"]


def test_those_who_were_ended_are_named_those_with_most_first_and_not_without_end() -> None:
    assert describe_ended(Counter({"key fq_1": 1, "key fq_2": 3})) == "3 of key fq_2, 1 of key fq_1"
    many = Counter({f"key fq_{number}": 2 for number in range(12)})
    assert describe_ended(many).endswith("2 of key fq_9, 4 of others")


def test_a_visit_may_end_twice() -> None:
    sockets = Sockets()
    visit = sockets.open(key(1))
    sockets.visits.remove(visit)
    sockets.visits.remove(visit)
    assert len(sockets.visits) == 0


def test_a_change_concerns_keys_owners_and_sessions() -> None:
    owned = key(1, user_id="7")
    session = Identity("session.abc", None, EVERYTHING, 1, user_id="7")
    for change in (Change(keys=(1,)), Change(users=("7",)), Change(disconnect=(1,))):
        assert is_concerned(owned, change)
    assert is_concerned(session, Change(sessions=("session.abc",)))
    assert not is_concerned(session, Change(keys=(1,), disconnect=(1,)))
    assert not is_concerned(owned, Change(keys=(2,), users=("8",), sessions=("session.abc",)))


def test_a_key_of_nobody_is_not_concerned_by_a_change_of_nothing() -> None:
    assert not is_concerned(key(1), Change())


def test_a_change_is_read_as_it_was_written_and_nonsense_is_refused() -> None:
    change = Change(keys=(1,), users=("2",), sessions=("session.abc",), disconnect=(3,))
    assert parse_change({"change": msgspec.to_builtins(change)}) == change
    for nonsense in (None, {"keys": "all"}, "all"):
        with pytest.raises(msgspec.ValidationError):
            parse_change({"change": nonsense})
