"""What is shown when a source fails: slow facts for a while, prices never."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from marketdata.deadlines import Deadline
from marketdata.errors import ProviderError
from marketdata.providers.yahoo.provider import YahooProvider
from tests.marketdata.yahoo.answers import serve_everything
from tests.marketdata.yahoo.endpoints import ENDPOINTS, Endpoint
from tests.marketdata.yahoo.server import FakeYahoo, Reply
from tests.marketdata.yahoo.setup import FakeClock, make_provider

MINUTE, HOUR = 60, 3600
# Fresh, fresh while the market is closed, shown when the source fails; seconds.
POLICY = {
    "details": (10 * MINUTE, HOUR, 24 * HOUR),
    "similar": (HOUR, 6 * HOUR, 24 * HOUR),
    "news": (5 * MINUTE, 15 * MINUTE, 6 * HOUR),
    "returns": (HOUR, 4 * HOUR, 24 * HOUR),
    "movers": (15, 5 * MINUTE, 10 * MINUTE),
    "sectors": (5 * MINUTE, 30 * MINUTE, 6 * HOUR),
    "headlines": (5 * MINUTE, 15 * MINUTE, 6 * HOUR),
}
SLOW = [endpoint for endpoint in ENDPOINTS if endpoint.name in POLICY]
SUNDAY = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def provider(yahoo: FakeYahoo, clock: FakeClock) -> YahooProvider:
    serve_everything(yahoo)
    return make_provider(yahoo, clock)


def fetch(endpoint: Endpoint, provider: YahooProvider, at: datetime) -> object:
    """What came, or None."""
    with contextlib.suppress(ProviderError):
        return endpoint.fetch(provider, at, Deadline.after(5))
    return None


@pytest.mark.parametrize("endpoint", SLOW, ids=lambda endpoint: endpoint.name)
def test_a_slow_fact_stands_in_until_it_is_too_old(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime, endpoint: Endpoint
) -> None:
    _, _, stale = POLICY[endpoint.name]
    good = fetch(endpoint, provider, now)
    yahoo.routes |= dict.fromkeys(endpoint.paths, Reply(403))
    assert good
    assert fetch(endpoint, provider, now + timedelta(seconds=stale - 1)) == good
    assert endpoint.count(yahoo) > 1
    assert not fetch(endpoint, provider, now + timedelta(seconds=stale))


@pytest.mark.parametrize("endpoint", SLOW, ids=lambda endpoint: endpoint.name)
def test_slow_facts_stay_fresh_for_longer_while_the_market_is_closed(
    yahoo: FakeYahoo, provider: YahooProvider, endpoint: Endpoint
) -> None:
    _, closed, _ = POLICY[endpoint.name]
    fetch(endpoint, provider, SUNDAY)
    calls = endpoint.count(yahoo)
    fetch(endpoint, provider, SUNDAY + timedelta(seconds=closed - 1))
    assert endpoint.count(yahoo) == calls
    fetch(endpoint, provider, SUNDAY + timedelta(seconds=closed))
    assert endpoint.count(yahoo) == 2 * calls


def test_what_stands_in_is_replaced_as_soon_as_the_source_is_back(
    yahoo: FakeYahoo, provider: YahooProvider, clock: FakeClock, now: datetime
) -> None:
    details = SLOW[0]
    fetch(details, provider, now)
    good = yahoo.routes[details.paths[0]]
    yahoo.routes[details.paths[0]] = Reply(403)
    assert fetch(details, provider, now + timedelta(minutes=11))
    yahoo.routes[details.paths[0]] = good
    calls = details.count(yahoo)
    clock.pass_by(60)
    assert fetch(details, provider, now + timedelta(minutes=12))
    assert details.count(yahoo) == calls + 1
    assert fetch(details, provider, now + timedelta(minutes=13))
    assert details.count(yahoo) == calls + 1


def test_a_price_that_could_not_be_fetched_is_not_shown(
    yahoo: FakeYahoo, provider: YahooProvider, now: datetime
) -> None:
    quotes = ENDPOINTS[0]
    assert fetch(quotes, provider, now)
    yahoo.routes["/v7/finance/quote"] = Reply(403)
    assert not fetch(quotes, provider, now + timedelta(seconds=5))


def test_facts_beyond_the_budget_come_later_and_all_of_them_do(
    yahoo: FakeYahoo, clock: FakeClock, now: datetime
) -> None:
    serve_everything(yahoo)
    symbols = [f"S{number:02}" for number in range(40)]
    summary = "/v10/finance/quoteSummary/"
    yahoo.routes |= {f"{summary}{s}": yahoo.routes[f"{summary}ACME"] for s in symbols}
    provider = make_provider(yahoo, clock, requests_per_second=2.0, burst=20)
    counts = []
    for tick in range(12):
        clock.pass_by(5)
        batch = provider.fetch_details(
            symbols, now + timedelta(seconds=5 * tick), Deadline.after(5)
        )
        counts.append(len(batch.found))
    assert counts[0] < 20
    assert counts == sorted(counts)
    assert counts[-1] == 40
    assert all(yahoo.count(f"{summary}{symbol}") == 1 for symbol in symbols)
