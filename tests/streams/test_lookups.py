"""Lookups: cached, in batches, never in doubt."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Collection

import pytest
from django.db import OperationalError

from streams import lookups as module
from streams.identities import Identity
from streams.lookups import DatabaseUnavailable, Lookups

pytestmark = pytest.mark.django_db(transaction=True)

ALICE = Identity("key.1", None, frozenset(), 1, key_id=1)


class Database:
    """What the lookups ask; counts how often."""

    def __init__(self) -> None:
        self.known = {"key:alice": ALICE}
        self.queries: list[list[str]] = []
        self.failure: Exception | None = None
        self.changed: Callable[[], object] = lambda: None

    def find(self, tokens: Collection[str]) -> dict[str, Identity]:
        self.queries.append(list(tokens))
        if self.failure:
            raise self.failure
        found = {token: self.known[token] for token in tokens if token in self.known}
        self.changed()
        return found


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def lookups(database: Database) -> Lookups:
    return Lookups(database.find)


async def test_an_answer_is_remembered_whether_found_or_not(
    database: Database, lookups: Lookups
) -> None:
    for _ in range(3):
        assert await lookups.get("key:alice") is ALICE
        assert await lookups.get("key:nobody") is None
    assert database.queries == [["key:alice"], ["key:nobody"]]
    assert lookups.peek("key:alice") is ALICE
    assert lookups.is_unknown("key:nobody")


async def test_answers_are_asked_for_again_after_a_while(
    database: Database, lookups: Lookups, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lookups.get("key:alice")
    monkeypatch.setattr(module, "POSITIVE_SECONDS", 0.0)
    assert lookups.peek("key:alice") is None
    assert not lookups.identities()
    await lookups.get("key:alice")
    assert len(database.queries) == 2


async def test_ten_thousand_unknown_keys_cost_few_queries_and_bounded_memory(
    database: Database, lookups: Lookups
) -> None:
    for start in range(0, 10_000, 1000):
        tokens = [f"key:{number}" for number in range(start, start + 1000)]
        answers = await asyncio.gather(*map(lookups.get, tokens))
        assert answers == [None] * 1000
    assert len(database.queries) == 20
    await lookups.get("key:one more")
    assert len(lookups._unknown) == module.MAX_CACHED


async def test_too_many_at_once_are_turned_away(lookups: Lookups) -> None:
    tokens = [f"key:{number}" for number in range(module.MAX_WAITING + 10)]
    answers = await asyncio.gather(*map(lookups.get, tokens), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, DatabaseUnavailable)]
    assert len(refused) == 10


async def test_what_is_forgotten_is_asked_for_again(database: Database, lookups: Lookups) -> None:
    await lookups.get("key:alice")
    await lookups.get("key:bob")
    bob = Identity("key.2", None, frozenset(), 1, key_id=2)
    database.known = {"key:bob": bob}
    lookups.forget([ALICE])
    assert await lookups.get("key:alice") is None
    assert await lookups.get("key:bob") is bob


async def test_what_was_read_before_a_change_is_not_remembered_after_it(
    database: Database, lookups: Lookups
) -> None:
    database.changed = lambda: lookups.forget([])
    assert await lookups.get("key:alice") is ALICE
    assert lookups.peek("key:alice") is None


@pytest.mark.parametrize("failure", [OperationalError("down"), KeyError("a mistake of ours")])
async def test_while_the_database_fails_only_the_cache_answers(
    database: Database,
    lookups: Lookups,
    failure: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await lookups.get("key:alice")
    database.failure = failure
    assert await lookups.get("key:alice") is ALICE
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            await lookups.get("key:nobody")
    database.failure = None
    assert await lookups.get("key:nobody") is None, "a failure is not remembered"
    said = [record.message for record in caplog.records]
    if isinstance(failure, OperationalError):
        assert said == [
            "The database cannot be asked (who comes): OperationalError",
            "The database answers again (who comes)",
        ]
    assert "nobody" not in caplog.text


async def test_a_database_that_hangs_is_given_up_on(
    database: Database, lookups: Lookups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DATABASE_SECONDS", 0.05)
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def hang() -> None:
        asyncio.run_coroutine_threadsafe(asyncio.wait_for(done.wait(), 5), loop).result()

    database.changed = hang
    with pytest.raises(DatabaseUnavailable):
        await lookups.get("key:alice")
    done.set()
    database.changed = lambda: None
    assert await lookups.get("key:alice") is ALICE


async def test_a_client_that_leaves_while_waiting_leaves_nothing_behind(lookups: Lookups) -> None:
    waiting = asyncio.create_task(lookups.get("key:alice"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await lookups.get("key:alice") is ALICE
    assert not lookups._waiting
    gc.collect()
