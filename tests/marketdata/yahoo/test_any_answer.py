"""Whatever Yahoo answers, wherever: valid frames, with nothing in them that is not there."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketdata.deadlines import Deadline
from marketdata.errors import ProviderError
from marketdata.providers.yahoo.provider import YahooProvider
from streams.fetching import Fetcher
from streams.refresh import Refresher
from streams.state import memory_state
from streams.subscriptions import Endpoint, Subscription
from tests.marketdata.yahoo.answers import ACME, quotes, serve_everything
from tests.marketdata.yahoo.endpoints import ENDPOINTS
from tests.marketdata.yahoo.server import FakeYahoo, Reply
from tests.marketdata.yahoo.setup import FakeClock, make_provider
from tests.marketdata.yahoo.test_parse_anything import JSON, damaged

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
PATHS = sorted({path for endpoint in ENDPOINTS for path in endpoint.paths})
PROFILE = Subscription(Endpoint.PROFILE, ("ACME",))
QUOTES = Subscription(Endpoint.QUOTES, ("ACME",))
MARKET = Subscription(Endpoint.MARKET)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeYahoo]:
    with FakeYahoo() as server:
        yield server


def make_refresher(provider: YahooProvider) -> Refresher:
    state = memory_state(2.0)
    return Refresher(Fetcher(provider, state.quotes), state, 2.0)


def payloads(provider: YahooProvider, *subscriptions: Subscription) -> list[Any]:
    made = {s.subscription: s for s in make_refresher(provider).refresh(subscriptions, NOW)}
    return [json.loads(made[s].payload, parse_constant=pytest.fail) for s in subscriptions]


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PATHS), st.one_of(JSON, damaged()))
def test_any_json_gives_valid_frames(server: FakeYahoo, path: str, payload: Any) -> None:
    serve_everything(server)
    body = json.dumps(payload).encode("utf-8", "replace")
    server.routes |= dict.fromkeys(PATHS if path == PATHS[0] else [path], Reply(body=body))
    profile, quoted, market = payloads(make_provider(server), PROFILE, QUOTES, MARKET)
    assert [type(frame) for frame in (profile, quoted, market)] == [dict, list, dict]


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(ENDPOINTS), st.binary(max_size=200))
def test_any_bytes_give_data_or_one_of_our_errors(
    server: FakeYahoo, endpoint: Any, body: bytes
) -> None:
    serve_everything(server)
    server.routes |= dict.fromkeys(endpoint.paths, Reply(body=body))
    with contextlib.suppress(ProviderError):
        endpoint.fetch(make_provider(server, FakeClock()), NOW, Deadline.after(5))


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({"regularMarketPrice": 1.23e-06, "priceHint": 10}, "0.0000012300"),
        ({"regularMarketPrice": 1.23e-06, "priceHint": None}, "0.00000123"),
        ({"regularMarketPrice": 1.23e-06, "priceHint": 2}, "0.00000123"),
        ({"regularMarketPrice": 0.5004, "priceHint": 4}, "0.5004"),
        ({"regularMarketPrice": 700_000, "priceHint": 2}, "700000.00"),
        ({"regularMarketPrice": {"raw": 8123.5, "fmt": "8,123.50"}, "currency": "GBp"}, "8123.50"),
        ({"regularMarketPrice": "150.25"}, None),
        ({"regularMarketPrice": True}, None),
        ({"regularMarketPrice": {}}, None),
        ({"regularMarketPrice": 10**400}, None),
    ],
)
def test_prices_of_all_sizes_are_shown_as_they_are(
    server: FakeYahoo, row: dict[str, Any], shown: str | None
) -> None:
    serve_everything(server)
    server.routes["/v7/finance/quote"] = quotes({**ACME, **row})
    ((quote,),) = payloads(make_provider(server), QUOTES)
    assert quote["price"] == shown


@pytest.mark.parametrize(
    ("row", "field", "shown"),
    [
        ({"regularMarketChange": -0.001}, "change", "+0.00"),
        ({"regularMarketChangePercent": -0.0}, "percentChange", "+0.00%"),
        ({"longName": None, "shortName": None, "displayName": None}, "name", "ACME"),
        ({"longName": "\u202eEvil\x00\u200f Corp\n"}, "name", "Evil Corp"),
        ({"longName": {"raw": 1}, "shortName": "Short"}, "name", "Short"),
        ({"longName": "x" * 5000}, "name", "x" * 300),
    ],
)
def test_junk_in_a_row_costs_only_its_field(
    server: FakeYahoo, row: dict[str, Any], field: str, shown: str
) -> None:
    serve_everything(server)
    server.routes["/v7/finance/quote"] = quotes({**ACME, **row})
    ((quote,),) = payloads(make_provider(server), QUOTES)
    assert quote[field] == shown


@pytest.mark.parametrize("cap", [4.5e15, 1e300])
def test_huge_market_caps_are_shown_without_an_exponent(server: FakeYahoo, cap: float) -> None:
    serve_everything(server)
    server.routes["/v7/finance/quote"] = quotes({**ACME, "marketCap": cap})
    (profile,) = payloads(make_provider(server), PROFILE)
    assert "e+" not in profile["quote"]["marketCap"]
    assert profile["quote"]["marketCap"].endswith("T")
