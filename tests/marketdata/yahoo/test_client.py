"""The client against a local server: faults translated, deadlines kept."""

from __future__ import annotations

import math
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from marketdata.deadlines import Deadline
from marketdata.errors import (
    DeadlineExceeded,
    MalformedAnswer,
    NotFound,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    RequestRefused,
    SourceRefuses,
    Unreachable,
)
from marketdata.providers.yahoo.client import YahooClient
from marketdata.providers.yahoo.options import YahooOptions
from tests.marketdata.yahoo.server import (
    NOT_FOUND,
    FakeYahoo,
    Reply,
)
from tests.marketdata.yahoo.setup import make_client

PATH = "/v7/finance/quote"
GOOD: object = {"quoteResponse": {"result": [], "error": None}}


@pytest.fixture
def client(yahoo: FakeYahoo) -> YahooClient:
    yahoo.routes[PATH] = GOOD
    return make_client(yahoo)


def get(client: YahooClient, seconds: float = 5.0) -> object:
    return client.get_json(PATH, {"symbols": "ACME"}, Deadline.after(seconds))


def test_a_user_agent_of_ones_own_is_used(yahoo: FakeYahoo) -> None:
    yahoo.routes["/news/rssindex"] = b"<rss/>"
    make_client(yahoo, user_agent="mine/1").get_document("/news/rssindex", Deadline.after(5))
    assert yahoo.calls[0].headers["user-agent"] == "mine/1"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(500, b"<html>"), ProviderUnavailable),
        (Reply(502), ProviderUnavailable),
        (Reply(999, b"<html>"), SourceRefuses),
        (Reply(302, headers={"Location": "https://consent.example/"}), SourceRefuses),
        (Reply(400, b"{}"), RequestRefused),
        (Reply(422, b'{"error": 1}'), RequestRefused),
        (Reply(400, b"<html>Bad request</html>"), SourceRefuses),
        (Reply(429), RateLimited),
        (NOT_FOUND, NotFound),
        (Reply(404, b"<!DOCTYPE html><html></html>"), SourceRefuses),
        (Reply(body=b""), ProviderUnavailable),
        (Reply(body=b" \r\n"), ProviderUnavailable),
        (Reply(body=b"\n<!DOCTYPE html><html></html>"), ProviderUnavailable),
        (Reply(body=b'{"quoteResponse":{"result":[{"symb'), ProviderUnavailable),
        (Reply(body=b"\x1f\x8b<<not json>> \xff{]"), MalformedAnswer),
        (Reply(body=b"[" * 100_000 + b"]" * 100_000), MalformedAnswer),
        (Reply(body=b"x", headers={"Content-Encoding": "gzip"}), ProviderUnavailable),
        (Reply(body=b"{}" * 100, mode="truncated"), Unreachable),
        (Reply(mode="reset"), Unreachable),
    ],
)
def test_a_bad_answer_is_one_of_our_errors(
    yahoo: FakeYahoo, client: YahooClient, reply: Reply, error: type[ProviderError]
) -> None:
    yahoo.fail(PATH, reply)
    with pytest.raises(ProviderError) as caught:
        get(client)
    assert type(caught.value) is error
    assert PATH in str(caught.value)
    assert get(client) == GOOD


@pytest.mark.parametrize(
    ("bad", "read"),
    [
        (b"NaN", None),
        (b"-Infinity", None),
        (b"1e999", math.inf),
        (b"1" * 5000, None),
        (b'"\xff"', "\ufffd"),
        (b'"\\ud800"', "\ud800"),
        (b'"a\x01b"', "a\x01b"),
    ],
)
def test_one_bad_value_costs_only_itself(
    yahoo: FakeYahoo, client: YahooClient, bad: bytes, read: object
) -> None:
    yahoo.routes[PATH] = b'{"price": %s, "volume": 7}' % bad
    assert get(client) == {"price": read, "volume": 7}


@pytest.mark.parametrize("mode", ["hang", "stall", "dribble"])
def test_no_answer_takes_longer_than_the_deadline(
    yahoo: FakeYahoo, client: YahooClient, mode: str
) -> None:
    get(client)
    yahoo.fail(PATH, Reply(body=b"x" * 1000, mode=mode))
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        get(client, 0.4)
    assert 0.35 < time.monotonic() - started < 4


def test_no_time_left_means_no_call(yahoo: FakeYahoo, client: YahooClient) -> None:
    with pytest.raises(DeadlineExceeded):
        get(client, -1)
    assert not yahoo.calls


@pytest.mark.parametrize("mode", ["whole", "chunked"])
def test_a_huge_body_is_refused_early(yahoo: FakeYahoo, client: YahooClient, mode: str) -> None:
    size = 50_000_000 if mode == "whole" else 100_000
    yahoo.fail(PATH, Reply(body=b" " * size, mode=mode))
    with pytest.raises(MalformedAnswer, match="too large"):
        get(client)


def test_an_unreachable_host_is_unavailable() -> None:
    with FakeYahoo() as gone:
        url = gone.url
    with pytest.raises(ProviderUnavailable):
        get(YahooClient(YahooOptions(base_url=url)))


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7.0), ("", None), ("soon", None), ("²", None), ("-5", None)]
)
def test_retry_after_in_seconds_is_told(
    yahoo: FakeYahoo, client: YahooClient, value: str, seconds: float | None
) -> None:
    yahoo.fail(PATH, Reply(429, headers={"Retry-After": value.encode().decode("latin-1")}))
    with pytest.raises(RateLimited) as caught:
        get(client)
    assert caught.value.retry_after_seconds == seconds


def test_retry_after_as_a_date_is_told(yahoo: FakeYahoo, client: YahooClient) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    yahoo.fail(PATH, Reply(429, headers={"Retry-After": at}))
    with pytest.raises(RateLimited) as caught:
        get(client)
    assert caught.value.retry_after_seconds == pytest.approx(60, abs=3)


def test_at_most_four_calls_are_under_way(yahoo: FakeYahoo, client: YahooClient) -> None:
    get(client)
    gate, full = threading.Barrier(5, timeout=30), threading.Event()
    yahoo.fail(PATH, *[Reply(mode="hang")] * 4)

    def hang() -> None:
        gate.wait()
        with pytest.raises(ProviderError):
            get(client, 10.0)
        full.set()

    threads = [threading.Thread(target=hang) for _ in range(4)]
    for thread in threads:
        thread.start()
    gate.wait()
    while yahoo.count(PATH) < 5:
        assert not full.wait(0.01)
    with pytest.raises(DeadlineExceeded):
        get(client, 0.05)
    assert yahoo.count(PATH) == 5
    yahoo.released.set()
    for thread in threads:
        thread.join()


def test_posts_go_out_unsigned(yahoo: FakeYahoo, client: YahooClient) -> None:
    yahoo.routes["/xhr/ncp"] = {"ok": True}
    answer = client.post_json("/xhr/ncp", {"q": "1"}, {"s": ["ACME"]}, Deadline.after(5))
    assert answer == {"ok": True}
    (call,) = yahoo.calls
    assert (call.method, call.body, call.query) == ("POST", b'{"s":["ACME"]}', {"q": "1"})


def test_loopback_needs_no_proxy(
    yahoo: FakeYahoo, client: YahooClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert get(client) == GOOD


def test_a_proxy_of_the_environment_is_used(
    yahoo: FakeYahoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, yahoo.url)
    client = YahooClient(YahooOptions(base_url="http://yahoo.invalid"))
    yahoo.routes[PATH] = GOOD
    with pytest.raises(NotFound):
        client.get_document("/news/rssindex", Deadline.after(5))
    assert [call.headers["host"] for call in yahoo.calls] == ["yahoo.invalid"]


@pytest.mark.parametrize(
    "url", ["127.0.0.1:80", "ftp://host", "http://", "http://host:nine", "http://host:0"]
)
def test_an_unusable_base_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"base URL|[Pp]ort"):
        YahooClient(YahooOptions(base_url=url))


def test_an_unusable_user_agent_is_refused() -> None:
    with pytest.raises(ValueError, match="user agent"):
        YahooClient(YahooOptions(user_agent="two\r\nlines"))
