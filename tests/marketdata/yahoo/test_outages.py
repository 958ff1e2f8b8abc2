"""Whatever fails, wherever: few calls while it does, and fresh data soon after it ends."""

from __future__ import annotations

import contextlib
import math
import time
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest

from marketdata.deadlines import Deadline
from marketdata.errors import ProviderError
from marketdata.providers.yahoo.breakers import LONGEST_PAUSE_SECONDS
from marketdata.providers.yahoo.provider import YahooProvider
from tests.marketdata.yahoo.answers import serve_everything
from tests.marketdata.yahoo.endpoints import ENDPOINTS, Endpoint
from tests.marketdata.yahoo.server import INVALID_CRUMB, FakeYahoo, Reply
from tests.marketdata.yahoo.setup import FakeClock, make_provider

TICK = 5.0
# Those at once under way when the breaker opens come on top of the five that open it.
CALLS_TO_OPEN = 5 + 3
FAULTS = {
    "500": Reply(500, b"{}"),
    "502-html": Reply(502, b"<html>Bad gateway</html>"),
    "403": Reply(403, b"<html>Forbidden</html>"),
    "999": Reply(999, b"<html>Unable to process</html>"),
    "consent": Reply(body=b"<!DOCTYPE html><html>Before you continue</html>"),
    "redirect": Reply(302, headers={"Location": "https://guce.yahoo.com/consent"}),
    "empty": Reply(),
    "garbage": Reply(body=b"\x1f\x8b<<>>"),
    "nan": Reply(body=b'{"quoteResponse": {"result": [{"regularMarketPrice": NaN}]}}'),
    "wrong-shape": Reply(body=b'{"nothing": ["of", "this"]}'),
    "truncated": Reply(body=b"{}" * 100, mode="truncated"),
    "reset": Reply(mode="reset"),
    "huge": Reply(body=b" " * 9_000_000),
    "401": INVALID_CRUMB,
}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def provider(yahoo: FakeYahoo, clock: FakeClock) -> YahooProvider:
    serve_everything(yahoo)
    return make_provider(yahoo, clock)


class Ticks:
    """Asks one endpoint every tick, on the fake clock."""

    def __init__(self, endpoint: Endpoint, provider: YahooProvider, clock: FakeClock) -> None:
        self.endpoint, self.provider, self.clock = endpoint, provider, clock

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.time(), UTC)

    def fetch(self, seconds: float = 30.0) -> Any:
        """What came, or None."""
        with contextlib.suppress(ProviderError):
            return self.endpoint.fetch(self.provider, self.now(), Deadline.after(seconds))
        return None

    def fetch_later(self) -> Any:
        self.clock.pass_by(TICK)
        return self.fetch()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_an_outage_costs_a_call_per_probe_and_its_end_is_noticed(
    yahoo: FakeYahoo, provider: YahooProvider, clock: FakeClock, endpoint: Endpoint, fault: Reply
) -> None:
    ticks = Ticks(endpoint, provider, clock)
    good = {path: yahoo.routes[path] for path in endpoint.paths}
    yahoo.routes |= dict.fromkeys(endpoint.paths, fault)
    began = clock.time()
    while clock.time() - began < 30:
        assert not ticks.fetch_later()
    # A refused crumb is renewed and tried again.
    per_try = 2 if fault is INVALID_CRUMB else 1
    # Probes after 2, 4 and 8 seconds.
    assert endpoint.count(yahoo) <= (CALLS_TO_OPEN + 3) * per_try
    calls, since = endpoint.count(yahoo), clock.time()
    while clock.time() - since < 150:
        assert not ticks.fetch_later()
    # Then after 16 seconds, and every 30.
    assert endpoint.count(yahoo) - calls <= 6 * per_try
    yahoo.routes |= good
    waits = [breaker.seconds_left for breaker in provider.get_health().breakers.values()]
    patience = math.ceil(max(*waits, LONGEST_PAUSE_SECONDS) / TICK) + 2
    assert any(ticks.fetch_later() for _ in range(patience))
    assert not provider.get_health().is_open or endpoint.name in ("news", "headlines")


@pytest.mark.parametrize("fault", [*FAULTS.values(), Reply(429)], ids=[*FAULTS, "429"])
def test_a_hiccup_of_ten_seconds_costs_little_more_however_often_it_comes(
    yahoo: FakeYahoo, provider: YahooProvider, clock: FakeClock, fault: Reply
) -> None:
    ticks = Ticks(ENDPOINTS[0], provider, clock)
    assert ticks.fetch()
    for _ in range(4):
        good = yahoo.routes["/v7/finance/quote"]
        yahoo.routes["/v7/finance/quote"] = fault
        assert not any(ticks.fetch_later() for _ in range(2))
        yahoo.routes["/v7/finance/quote"] = good
        assert any(ticks.fetch_later() for _ in range(2))
        clock.pass_by(TICK)


def test_too_many_requests_silence_everything_at_once(
    yahoo: FakeYahoo, provider: YahooProvider, clock: FakeClock
) -> None:
    ticks = [Ticks(endpoint, provider, clock) for endpoint in ENDPOINTS]
    assert ticks[0].fetch()
    yahoo.fail("/v7", Reply(429, headers={"Retry-After": "20"}))
    calls = len(yahoo.calls)
    assert not ticks[0].fetch_later()
    assert len(yahoo.calls) == calls + 1
    for _ in range(3):
        clock.pass_by(TICK)
        assert not any(endpoint.fetch() for endpoint in ticks)
    assert len(yahoo.calls) == calls + 1
    assert ticks[0].fetch_later()
    assert all(endpoint.fetch() for endpoint in ticks)


def test_no_429_is_ever_retried(yahoo: FakeYahoo, provider: YahooProvider) -> None:
    ticks = Ticks(ENDPOINTS[0], provider, FakeClock())
    yahoo.routes["/v7/finance/quote"] = Reply(429)
    assert not ticks.fetch()
    assert yahoo.count("/v7/finance/quote") == 1


def test_what_may_be_better_in_a_moment_is_tried_three_times(
    yahoo: FakeYahoo, provider: YahooProvider, clock: FakeClock
) -> None:
    yahoo.fail("/v7", Reply(502), Reply(mode="reset"))
    assert Ticks(ENDPOINTS[0], provider, clock).fetch()
    assert yahoo.count("/v7/finance/quote") == 3
    assert clock.slept == [1.0, 1.0]


def test_a_retry_that_would_be_late_is_not_made(
    yahoo: FakeYahoo, provider: YahooProvider, clock: FakeClock
) -> None:
    ticks = Ticks(ENDPOINTS[0], provider, clock)
    ticks.fetch()
    yahoo.fail("/v7", Reply(502))
    assert not ticks.fetch(1.0)
    assert not clock.slept


@pytest.mark.parametrize("mode", ["hang", "dribble"])
def test_a_tick_ends_in_time_and_a_silent_yahoo_is_left_alone(
    yahoo: FakeYahoo, provider: YahooProvider, clock: FakeClock, mode: str
) -> None:
    ticks = Ticks(ENDPOINTS[0], provider, clock)
    ticks.fetch()
    yahoo.routes["/v7/finance/quote"] = Reply(body=b"x" * 500, mode=mode)
    for _ in range(7):
        clock.pass_by(0.5)
        began = time.monotonic()
        assert not ticks.fetch(0.5)
        assert time.monotonic() - began < 4, "a connection alone may be silent for 5 s"
    assert yahoo.count("/v7/finance/quote") <= 1 + CALLS_TO_OPEN


def test_a_body_of_fifty_megabytes_is_not_read(yahoo: FakeYahoo, provider: YahooProvider) -> None:
    ticks = Ticks(ENDPOINTS[0], provider, FakeClock())
    ticks.fetch()
    yahoo.fail("/v7", Reply(body=b" " * 50_000_000))
    tracemalloc.start()
    assert not ticks.fetch()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12_000_000
    assert yahoo.count("/v7/finance/quote") == 2


@pytest.mark.parametrize("path", ["/", "/v1/test/getcrumb"])
def test_without_credentials_nothing_else_is_tried_for_long(
    yahoo: FakeYahoo, provider: YahooProvider, clock: FakeClock, path: str
) -> None:
    for _ in range(20):
        yahoo.fail(path, *[Reply(502)] * 20)
        for endpoint in ENDPOINTS:
            if endpoint.name not in ("news", "headlines"):
                assert not Ticks(endpoint, provider, clock).fetch()
        clock.pass_by(TICK)
    assert yahoo.count(path) <= CALLS_TO_OPEN + 9
    yahoo.clear_faults()
    clock.pass_by(300)
    assert Ticks(ENDPOINTS[0], provider, clock).fetch()
