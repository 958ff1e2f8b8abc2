"""The price stream against a local streamer: subscribing, repeating, coming back, feeding."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from marketdata.clock import SYSTEM_CLOCK
from marketdata.domain.quote import SimpleQuote
from marketdata.providers.yahoo import streamer as streamer_module
from marketdata.providers.yahoo.client import YahooClient
from marketdata.providers.yahoo.options import YahooOptions
from marketdata.providers.yahoo.pricing import Pricing
from marketdata.providers.yahoo.pushed_prices import PushedPrices
from marketdata.providers.yahoo.streamer import Streamer
from marketdata.providers.yahoo.turns import Turns
from tests.marketdata.yahoo.streaming import FakeStreamer, make_frame


@pytest.fixture
def fake() -> Iterator[FakeStreamer]:
    with FakeStreamer() as fake:
        yield fake


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamer_module, "BACKOFF_SECONDS", (0.02, 0.05))
    monkeypatch.setattr(streamer_module, "LOOK_SECONDS", 0.05)


class Heard:
    """What was handed over, and the symbols that are wanted."""

    def __init__(self, fake: FakeStreamer) -> None:
        self.wanted: list[str] = ["AAPL", "BTC-USD"]
        self.pricings: list[Pricing] = []
        self.came = threading.Event()
        url = fake.url.replace("http", "ws") + "/?version=2"
        self.streamer = Streamer(
            url, "browser/1", lambda: self.wanted, self._take, SYSTEM_CLOCK, use_proxies=False
        )

    def _take(self, pricing: Pricing) -> None:
        self.pricings.append(pricing)
        self.came.set()


@pytest.fixture
def heard(fake: FakeStreamer) -> Iterator[Heard]:
    heard = Heard(fake)
    heard.streamer.start()
    yield heard
    heard.streamer.stop()
    assert heard.streamer.state == "off"


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_it_subscribes_and_hands_over_what_comes(fake: FakeStreamer, heard: Heard) -> None:
    fake.wait_until_told(1)
    assert fake.told == [{"subscribe": ["AAPL", "BTC-USD"]}]
    assert fake.paths == ["/?version=2"]
    fake.push("nonsense")
    fake.push('{"type": "other"}')
    fake.push(make_frame(symbol="AAPL", price=231.5, market_hours=1))
    assert heard.came.wait(30)
    assert [(p.symbol, p.price) for p in heard.pricings] == [("AAPL", 231.5)]
    assert heard.streamer.state == "connected"


def test_the_list_is_repeated(
    fake: FakeStreamer, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamer_module, "REPEAT_SECONDS", 0.1)
    fake.wait_until_told(3)
    assert fake.told[:3] == [{"subscribe": ["AAPL", "BTC-USD"]}] * 3


def test_the_list_follows_what_is_wanted(fake: FakeStreamer, heard: Heard) -> None:
    fake.wait_until_told(1)
    heard.wanted = ["AAPL", "MSFT"]
    fake.wait_until_told(3)
    assert fake.told[1:] == [{"unsubscribe": ["BTC-USD"]}, {"subscribe": ["AAPL", "MSFT"]}]


def test_it_comes_back_and_says_so_once(
    fake: FakeStreamer, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for times in (1, 2, 3):
        fake.wait_until_told(times)
        fake.hang_up()
    fake.wait_until_told(4)
    wait_until(lambda: fake.sockets)
    fake.push(make_frame(symbol="AAPL", price=1.0))
    assert heard.came.wait(30)
    wait_until(lambda: "back" in caplog.text)
    lines = [r.getMessage() for r in caplog.records if r.name.endswith("yahoo.streamer")]
    assert lines == [
        "The price stream is lost, polling goes on: ConnectionClosedOK",
        "The price stream is back",
    ]


def test_nobody_is_called_while_nothing_is_wanted(fake: FakeStreamer, heard: Heard) -> None:
    fake.wait_until_told(1)
    heard.wanted = []
    wait_until(lambda: heard.streamer.state == "idle")
    wait_until(lambda: not fake.sockets)
    heard.wanted = ["MSFT"]
    fake.wait_until_told(2)


def test_pushed_prices_reach_the_quotes_that_await_their_turn(fake: FakeStreamer) -> None:
    turns = Turns()
    now = SYSTEM_CLOCK.time()
    turns.choose(["AAPL"], 1, now)
    quote = SimpleQuote(symbol="AAPL", name="Apple", price=1.0, price_hint=2)
    turns.landed({"AAPL": quote}, [], now)
    client = YahooClient(YahooOptions(base_url=fake.url))
    pushed = PushedPrices(turns, client, SYSTEM_CLOCK)
    assert pushed.state == "off"
    pushed.start()
    pushed.start()
    fake.wait_until_told(1)
    fake.push(make_frame(symbol="MSFT", price=3.0, market_hours=1))
    for time_ms in (round(1000 * now) - 60_000, round(1000 * now) + 60_000):
        price = 2.0 if time_ms > 1000 * now else 0.5
        fake.push(make_frame(symbol="AAPL", price=price, market_hours=1, time_ms=time_ms))
    wait_until(lambda: (shown := turns.get("AAPL")) and shown.price == 2.0)
    assert turns.get("MSFT") is None
    pushed.stop()
    assert pushed.state == "off"
