"""Who is in, while nobody can look whether they may stay."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import datetime

import msgspec
import pytest
from django.db import OperationalError

from streams import gate as module
from streams.control import CONTROL_GROUP, Change
from streams.gate import Gate
from streams.identification import Rules
from streams.identities import KEY, Identity
from streams.keys import digest_of, generate_key
from streams.layers import StreamsChannelLayer
from streams.limits import MemoryLimits
from streams.protocol import CLOSE_DISCONNECTED, CLOSE_NOT_AUTHENTICATED
from streams.refusals import Refused
from streams.subscriptions import Endpoint

TEXT = generate_key().text
EVERYTHING = frozenset(endpoint.value for endpoint in Endpoint)
ANN, BEN = (Identity(f"key.{n}", None, EVERYTHING, 1, key_id=n) for n in (1, 2))


class Database:
    """In the place of the real one, to fail in every way; nobody else asks it here."""

    def __init__(self) -> None:
        self.keys = {KEY + digest_of(TEXT): ANN}
        self.failure: Exception | None = None

    def find(self, tokens: Collection[str], now: datetime) -> dict[str, Identity]:
        return {token: self.keys[token] for token in tokens if token in self.keys}

    def recheck(self, identities: Collection[Identity], now: datetime) -> dict[str, Identity]:
        if self.failure:
            raise self.failure
        return {identity.who: identity for identity in self.keys.values()}


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    database = Database()
    monkeypatch.setattr(module, "find", database.find)
    monkeypatch.setattr(module, "recheck", database.recheck)
    monkeypatch.setattr(module, "note_use", lambda *_: None)
    monkeypatch.setattr("streams.lookups.close_old_connections", lambda: None)
    return database


class Visitor:
    """Somebody at the gate; `ended` is the code that they were put out with."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def enter(self) -> Visitor:
        scope = {"headers": [(b"x-api-key", TEXT.encode())], "subprotocols": []}
        await self._gate.enter(scope, Endpoint.HOURS, "127.0.0.1", self.ended.set_result)
        return self


def build(layer: StreamsChannelLayer) -> Gate:
    return Gate(layer, MemoryLimits(), Rules("", 1000, 1000, (), False, "sessionid"))


async def announce(layer: StreamsChannelLayer, change: Change) -> None:
    message = {"type": "auth.changed", "change": msgspec.to_builtins(change)}
    await layer.group_send(CONTROL_GROUP, message)


FAILURES = [OperationalError("down"), KeyError("a mistake of ours")]


@pytest.mark.parametrize("failure", FAILURES)
async def test_who_is_in_stays_in_and_the_gate_says_that_it_is_blind(
    database: Database, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    gate = build(StreamsChannelLayer())
    visitor = await Visitor(gate).enter()
    assert gate.blind_seconds() == 0
    database.failure = failure
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            await gate._look()
    assert gate.blind_seconds() > 0
    assert not visitor.ended.done()
    assert len(caplog.records) == 1, "said once"
    database.failure = None
    await gate._look()
    assert gate.blind_seconds() == 0
    database.keys = {}
    await gate._look()
    assert await visitor.ended == CLOSE_NOT_AUTHENTICATED


@pytest.mark.parametrize("failure", FAILURES)
async def test_whose_change_cannot_be_looked_at_must_show_the_key_again(
    database: Database, failure: Exception
) -> None:
    layer = StreamsChannelLayer()
    gate = build(layer)
    visitor = await Visitor(gate).enter()
    database.failure = failure
    database.keys = {}
    await announce(layer, Change(keys=(BEN.key_id or 0,)))
    await announce(layer, Change(keys=(ANN.key_id or 0,)))
    assert await asyncio.wait_for(visitor.ended, 10) == CLOSE_DISCONNECTED
    with pytest.raises(Refused):
        await Visitor(gate).enter()


async def test_after_a_mistake_of_ours_the_cache_lets_nobody_in(database: Database) -> None:
    gate = build(StreamsChannelLayer())
    await Visitor(gate).enter()
    database.failure = KeyError("a mistake of ours")
    database.keys = {}  # revoked, and nobody announced it
    await gate._look()
    with pytest.raises(Refused):
        await Visitor(gate).enter()


async def test_with_nobody_to_look_at_the_gate_is_not_blind(database: Database) -> None:
    gate = build(StreamsChannelLayer())
    visitor = await Visitor(gate).enter()
    database.failure = OperationalError("down")
    await gate._look()
    assert gate.blind_seconds() > 0
    gate._used.clear()
    gate._visits.disconnect([ANN])
    assert await visitor.ended == CLOSE_DISCONNECTED
    await gate._look()
    assert gate.blind_seconds() == 0
