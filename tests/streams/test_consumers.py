"""The consumers, without a server: what of all that reaches them they send."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from streams.apps import get_streams
from streams.claims import CELERY, Claimant
from streams.consumers import HoursConsumer
from streams.refresh import payload_event
from streams.snapshots import Snapshot
from streams.subscriptions import Endpoint, Subscription

HOURS = Subscription(Endpoint.HOURS)
HOUR = 3600.0
WAIT_SECONDS = 10


class Client:
    """A client of /hours, and what other processes send to its group."""

    def __init__(self) -> None:
        # The settings' own tick, of which none passes while a test runs.
        self.socket: Any = WebsocketCommunicator(HoursConsumer.as_asgi(), "/hours")

    async def hear(self, number: int, made_at: float) -> None:
        snapshot = Snapshot(HOURS, json.dumps(number), made_at)
        event = payload_event(snapshot, Claimant(CELERY, "task"))
        await get_streams().layer.group_send(HOURS.group, event)

    async def next_number(self) -> int:
        return int(json.loads(await self.socket.receive_from(WAIT_SECONDS)))


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """Connected, and its first data received."""
    get_streams().start()
    client = Client()
    try:
        accepted, _ = await client.socket.connect(WAIT_SECONDS)
        assert accepted
        assert json.loads(await client.socket.receive_from(WAIT_SECONDS))["status"]
        yield client
        await client.socket.disconnect()
    finally:
        await get_streams().feed.close()
        del get_streams().feed  # it belongs to this test's event loop


async def test_what_is_older_than_the_first_data_is_not_sent_after_it(client: Client) -> None:
    await client.hear(1, time.time() - 1)
    await client.hear(2, time.time() + 1)
    assert await client.next_number() == 2


async def test_the_same_payload_is_not_sent_twice(client: Client) -> None:
    now = time.time() + 1
    await client.hear(1, now)
    assert await client.next_number() == 1
    await client.hear(1, now)
    assert await client.socket.receive_nothing()
    await client.hear(2, now + 5)
    assert await client.next_number() == 2


async def test_payloads_of_a_host_whose_clock_is_behind_are_sent(client: Client) -> None:
    now = time.time() - HOUR
    for number in (1, 2):
        await client.hear(number, now + 5 * number)
        assert await client.next_number() == number


async def test_after_a_host_whose_clock_was_ahead_those_of_the_others_are_sent(
    client: Client,
) -> None:
    await client.hear(1, time.time() + HOUR)
    assert await client.next_number() == 1
    await client.hear(2, time.time() + 5)
    assert await client.next_number() == 2


async def test_a_client_that_does_not_read_gets_the_newest(client: Client) -> None:
    now = time.time() + 1
    for number in (1, 2, 3):
        await client.hear(number, now + 5 * number)
    assert await client.next_number() == 3
