"""The extra that shakes hands like a browser does the same as the HTTP library it replaces."""

from __future__ import annotations

import time

import pytest

from marketdata.deadlines import Deadline
from marketdata.errors import (
    DeadlineExceeded,
    MalformedAnswer,
    NotFound,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    SourceRefuses,
    Unreachable,
)
from marketdata.providers.yahoo.client import YahooClient
from tests.marketdata.yahoo.server import COOKIE, NOT_FOUND, FakeYahoo, Reply
from tests.marketdata.yahoo.setup import make_client

pytest.importorskip("curl_cffi")
PATH = "/v7/finance/quote"
GOOD: object = {"quoteResponse": {"result": [], "error": None}}


@pytest.fixture
def client(yahoo: FakeYahoo) -> YahooClient:
    yahoo.routes[PATH] = GOOD
    return make_client(yahoo, http="curl_cffi")


def get(client: YahooClient, seconds: float = 5.0) -> object:
    return client.get_json(PATH, {"symbols": "A&B"}, Deadline.after(seconds))


def test_a_call_carries_cookie_crumb_and_the_browsers_own_user_agent(
    yahoo: FakeYahoo, client: YahooClient
) -> None:
    assert get(client) == GOOD
    (call,) = yahoo.calls_of(PATH)
    assert call.query == {"symbols": "A&B", "crumb": "ab/c.DEF"}
    assert call.headers["cookie"] == COOKIE
    assert "Chrome/" in call.headers["user-agent"]


def test_posts_and_a_user_agent_of_ones_own(yahoo: FakeYahoo) -> None:
    yahoo.routes["/xhr/ncp"] = {"ok": True}
    client = make_client(yahoo, http="curl_cffi", user_agent="mine/1")
    answer = client.post_json("/xhr/ncp", {"q": "1"}, {"s": ["ACME"]}, Deadline.after(5))
    assert answer == {"ok": True}
    (call,) = yahoo.calls
    assert (call.body, call.headers["user-agent"]) == (b'{"s":["ACME"]}', "mine/1")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(502), ProviderUnavailable),
        (Reply(302, headers={"Location": "https://consent.example/"}), SourceRefuses),
        (Reply(429, headers={"Retry-After": "7"}), RateLimited),
        (NOT_FOUND, NotFound),
        (Reply(body=b""), ProviderUnavailable),
        (Reply(body=b"{}" * 100, mode="truncated"), Unreachable),
        (Reply(mode="reset"), Unreachable),
        (Reply(body=b" " * 9_000_000), MalformedAnswer),
        (Reply(body=b" " * 100_000, mode="chunked"), MalformedAnswer),
    ],
)
def test_a_bad_answer_is_one_of_our_errors(
    yahoo: FakeYahoo, client: YahooClient, reply: Reply, error: type[ProviderError]
) -> None:
    get(client)
    # libcurl itself asks again when a connection that it had kept turns out to be closed.
    yahoo.fail(PATH, *[reply] * (2 if reply.mode == "reset" else 1))
    with pytest.raises(ProviderError) as caught:
        get(client)
    assert type(caught.value) is error
    assert "crumb" not in str(caught.value)
    assert get(client) == GOOD


@pytest.mark.parametrize("mode", ["hang", "dribble"])
def test_no_answer_takes_longer_than_the_deadline(
    yahoo: FakeYahoo, client: YahooClient, mode: str
) -> None:
    get(client)
    yahoo.fail(PATH, Reply(body=b"x" * 1000, mode=mode))
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        get(client, 0.4)
    assert time.monotonic() - started < 4
