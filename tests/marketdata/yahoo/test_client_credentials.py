"""Cookie and crumb: fetched once, renewed once, never shown."""

from __future__ import annotations

import logging
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from marketdata.deadlines import Deadline
from marketdata.errors import (
    AuthenticationFailed,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    SourcePaused,
)
from marketdata.providers.yahoo.client import DEFAULT_USER_AGENT, YahooClient
from tests.marketdata.yahoo.server import (
    COOKIE,
    INVALID_CRUMB,
    Call,
    FakeYahoo,
    Reply,
    error_reply,
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


def test_a_call_carries_cookie_crumb_and_user_agent(yahoo: FakeYahoo, client: YahooClient) -> None:
    assert get(client) == GOOD
    (call,) = yahoo.calls_of(PATH)
    assert call.query == {"symbols": "ACME", "crumb": "ab/c.DEF"}
    assert call.headers["cookie"] == COOKIE
    assert call.headers["user-agent"] == DEFAULT_USER_AGENT


def test_cookie_and_crumb_are_kept(yahoo: FakeYahoo, client: YahooClient) -> None:
    get(client)
    get(client)
    assert (yahoo.count("/"), yahoo.count("/v1/test/getcrumb"), yahoo.count(PATH)) == (1, 1, 2)


def test_many_threads_share_one_crumb(yahoo: FakeYahoo, client: YahooClient) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda _: get(client), range(32))) == [GOOD] * 32
    assert (yahoo.count("/"), yahoo.count("/v1/test/getcrumb"), yahoo.count(PATH)) == (1, 1, 32)


def test_many_threads_renew_a_refused_crumb_once(yahoo: FakeYahoo, client: YahooClient) -> None:
    get(client)
    yahoo.crumb = "newer"
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda _: get(client), range(32))) == [GOOD] * 32
    assert yahoo.count("/v1/test/getcrumb") == 2


@pytest.mark.parametrize(
    "refusal", [INVALID_CRUMB, error_reply(403, "Forbidden", "Invalid Crumb")], ids=["401", "403"]
)
def test_a_refused_crumb_is_renewed_once(
    yahoo: FakeYahoo, client: YahooClient, refusal: Reply
) -> None:
    yahoo.fail(PATH, refusal)
    assert get(client) == GOOD
    assert yahoo.count("/v1/test/getcrumb") == 2


def test_a_crumb_refused_twice_is_a_failure(yahoo: FakeYahoo, client: YahooClient) -> None:
    yahoo.fail(PATH, INVALID_CRUMB, INVALID_CRUMB)
    with pytest.raises(AuthenticationFailed):
        get(client)
    assert yahoo.count(PATH) == 2


def test_a_block_is_not_taken_for_a_refused_crumb(yahoo: FakeYahoo, client: YahooClient) -> None:
    yahoo.fail(PATH, Reply(403, b"<html>Forbidden</html>"))
    with pytest.raises(ProviderUnavailable):
        get(client)
    assert yahoo.count("/v1/test/getcrumb") == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", ProviderUnavailable),
        (b"<html>Will be right back</html>", ProviderUnavailable),
        (b'{"finance":{"error":{"code":"Unauthorized"}}}', AuthenticationFailed),
        (b"Too Many Requests\r\n", RateLimited),
        (b"two words", AuthenticationFailed),
        (b"x" * 65, AuthenticationFailed),
        (b"\xff\xfe", AuthenticationFailed),
    ],
)
def test_what_is_no_crumb_is_never_used_as_one(
    yahoo: FakeYahoo, client: YahooClient, body: bytes, error: type[ProviderError]
) -> None:
    yahoo.crumb_reply = Reply(body=body)
    with pytest.raises(error):
        get(client)
    assert yahoo.count(PATH) == 0


def test_a_crumb_after_a_failure_is_fetched_anew(yahoo: FakeYahoo, client: YahooClient) -> None:
    yahoo.fail("/v1/test/getcrumb", Reply(500))
    with pytest.raises(ProviderUnavailable):
        get(client)
    assert get(client) == GOOD


def test_a_crumb_that_comes_too_late_for_one_tick_is_there_for_the_next(
    yahoo: FakeYahoo, client: YahooClient
) -> None:
    crumb = threading.Event()

    def late_crumb(call: Call) -> Reply:
        assert crumb.wait(30)
        return Reply(body=yahoo.crumb.encode())

    yahoo.crumb_reply = late_crumb
    for _ in range(2):
        with pytest.raises(SourcePaused):
            get(client, 0.1)
    crumb.set()
    assert get(client) == GOOD
    assert (yahoo.count("/"), yahoo.count("/v1/test/getcrumb"), yahoo.count(PATH)) == (1, 1, 1)
    assert client.guard.breakers.outcomes == {("credentials", "ok"): 1}


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(404), AuthenticationFailed),
        (Reply(429), RateLimited),
        (Reply(502), ProviderUnavailable),
    ],
)
def test_without_a_cookie_there_is_no_call(
    yahoo: FakeYahoo, client: YahooClient, reply: Reply, error: type[ProviderError]
) -> None:
    yahoo.cookie_reply = reply
    with pytest.raises(error):
        get(client)
    assert yahoo.count("/v1/test/getcrumb") == 0


def test_neither_errors_nor_logs_show_the_crumb(
    yahoo: FakeYahoo, client: YahooClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    get(client)
    shown = []
    for replies in (
        [Reply(mode="reset")],
        [Reply(500)],
        [INVALID_CRUMB, INVALID_CRUMB],
        [Reply(mode="hang")],
    ):
        yahoo.fail(PATH, *replies)
        with pytest.raises(ProviderError) as caught:
            get(client, 0.3)
        shown.append("".join(traceback.format_exception(caught.value)))
    text = "".join(shown) + caplog.text
    for secret in ("crumb=", "ab/c", "ab%2Fc", "symbols=", COOKIE):
        assert secret not in text
