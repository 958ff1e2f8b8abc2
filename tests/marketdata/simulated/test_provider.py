from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest

from marketdata.deadlines import Deadline
from marketdata.domain.indices import INDICES
from marketdata.errors import DeadlineExceeded
from marketdata.providers.base import Provider
from marketdata.providers.simulated import SimulatedProvider
from marketdata.providers.simulated.universe import LISTED, get_generated_symbol
from tests.marketdata.simulated.strategies import MONDAY_NOON, soon

PRINT_EVERYTHING = """
from tests.marketdata.simulated.test_provider import encode_everything
print(encode_everything())
"""


@pytest.fixture
def provider() -> Provider:
    return SimulatedProvider()


def encode_everything() -> str:
    provider = SimulatedProvider()
    symbols = [*LISTED, "SIM0001", "SIM9999"]
    parts: list[object] = [
        provider.fetch_movers(MONDAY_NOON, soon()),
        provider.fetch_sectors(MONDAY_NOON, soon()),
        provider.fetch_headlines(MONDAY_NOON, soon()),
    ]
    for fetch in (
        provider.fetch_quotes,
        provider.fetch_details,
        provider.fetch_similar,
        provider.fetch_news,
    ):
        parts.append(fetch(symbols, MONDAY_NOON, soon()).found)
    return msgspec.json.encode(parts).decode()


def test_the_provider_says_that_it_is_simulated(provider: Provider) -> None:
    assert provider.name == "simulated"
    assert provider.is_simulated is True


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_another_process_computes_the_same(hash_seed: str) -> None:
    other = subprocess.run(
        [sys.executable, "-c", PRINT_EVERYTHING],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert other.stdout.strip() == encode_everything()


def test_threads_compute_the_same(provider: Provider) -> None:
    now = MONDAY_NOON + timedelta(days=400)
    symbols = [get_generated_symbol(number) for number in range(3000, 3200)]
    with ThreadPoolExecutor(8) as pool:
        answers = [
            future.result().found
            for future in [
                pool.submit(provider.fetch_quotes, symbols, now, soon()) for _ in range(16)
            ]
        ]
    assert all(answer == answers[0] for answer in answers)


def test_unknown_symbols_are_neither_found_nor_failed(provider: Provider) -> None:
    symbols = ["NOPE", "AAPL", "SIM0000"]
    for fetch in (
        provider.fetch_quotes,
        provider.fetch_details,
        provider.fetch_similar,
        provider.fetch_news,
        provider.fetch_index_returns,
    ):
        batch = fetch(symbols, MONDAY_NOON, soon())
        assert set(batch.found) == {"AAPL"}
        assert not batch.failed


def test_no_symbols_give_an_empty_batch(provider: Provider) -> None:
    assert provider.fetch_quotes([], MONDAY_NOON, soon()).found == {}


def test_every_index_is_quoted_at_a_level_and_has_returns(provider: Provider) -> None:
    symbols = [index.symbol for index in INDICES]
    quotes = provider.fetch_quotes(symbols, MONDAY_NOON, soon()).found
    returns = provider.fetch_index_returns(symbols, MONDAY_NOON, soon()).found
    for symbol in symbols:
        level = LISTED[symbol].base_price
        assert quotes[symbol].price == pytest.approx(level, rel=0.6)
        assert None not in msgspec.structs.astuple(returns[symbol])


@pytest.mark.parametrize(
    "fetch",
    [
        lambda provider, deadline: provider.fetch_quotes(["AAPL"], MONDAY_NOON, deadline),
        lambda provider, deadline: provider.fetch_details(["AAPL"], MONDAY_NOON, deadline),
        lambda provider, deadline: provider.fetch_similar(["AAPL"], MONDAY_NOON, deadline),
        lambda provider, deadline: provider.fetch_news(["AAPL"], MONDAY_NOON, deadline),
        lambda provider, deadline: provider.fetch_index_returns(["^DJI"], MONDAY_NOON, deadline),
        lambda provider, deadline: provider.fetch_movers(MONDAY_NOON, deadline),
        lambda provider, deadline: provider.fetch_sectors(MONDAY_NOON, deadline),
        lambda provider, deadline: provider.fetch_headlines(MONDAY_NOON, deadline),
    ],
)
def test_nothing_is_fetched_after_the_deadline(
    provider: Provider, fetch: Callable[[Provider, Deadline], object]
) -> None:
    with pytest.raises(DeadlineExceeded):
        fetch(provider, Deadline.after(0))
