"""How Yahoo says that it was asked too often: in many forms, each of which is one limit."""

from __future__ import annotations

import logging

import pytest

from marketdata.deadlines import Deadline
from marketdata.errors import ProviderError, RateLimited
from marketdata.providers.yahoo.answers import check
from marketdata.providers.yahoo.breakers import ALL
from marketdata.providers.yahoo.probe import Probe
from marketdata.providers.yahoo.transport import Answer
from tests.marketdata.yahoo.server import FakeYahoo, Reply
from tests.marketdata.yahoo.setup import make_client, make_options

PATH = "/v7/finance/quote"
GOOD: object = {"quoteResponse": {"result": [], "error": None}}
LIMITS = [
    Reply(429),
    Reply(200, b"Edge: Too Many Requests"),
    Reply(200, b"Too Many Requests\r\n"),
    Reply(200, b"Edge: too many  requests."),
    Reply(403, b"Edge: Too Many Requests"),
    Reply(403, b"<html><title>Too Many Requests</title></html>"),
    Reply(503, b"Too Many Requests"),
    Reply(200, b"<!DOCTYPE html><html><h1>Too\nMany Requests</h1></html>"),
    Reply(200, b'{"finance":{"result":null,"error":{"code":"Too Many Requests"}}}'),
    Reply(401, b'{"error":"Too Many Requests"}'),
]
GOOD_BODIES = [
    b'{"news":[{"title":"Too Many Requests for a toy"}]}',
    b'{"quoteResponse":{"result":[{"longName":"Too Many Requests"}],"error":null}}',
    b"<?xml version='1.0'?><rss><title>Too Many Requests</title></rss>",
]


def get(yahoo: FakeYahoo) -> object:
    return make_client(yahoo).get_json(PATH, {"symbols": "ACME"}, Deadline.after(5))


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("path", ["/", "/v1/test/getcrumb", PATH])
def test_a_limit_is_one_call_and_a_pause_for_all(yahoo: FakeYahoo, path: str, limit: Reply) -> None:
    yahoo.routes[PATH] = GOOD
    client = make_client(yahoo)
    yahoo.fail(path, *[limit] * 5)
    with pytest.raises(RateLimited):
        client.guard.call(
            "quotes", lambda: client.get_json(PATH, {}, Deadline.after(5)), Deadline.after(5)
        )
    assert yahoo.count(path) == 1
    assert client.guard.breakers.states(())[ALL][0] == "open"


@pytest.mark.parametrize("body", GOOD_BODIES)
def test_data_that_speaks_of_requests_is_no_limit(body: bytes) -> None:
    assert check(Answer(status=200, headers={}, cookies=(), body=body), "it") == body


def test_a_limit_on_the_first_call_ever_names_the_other_library(
    yahoo: FakeYahoo, caplog: pytest.LogCaptureFixture
) -> None:
    yahoo.fail("/v1/test/getcrumb", Reply(429, b"Too Many Requests"))
    with pytest.raises(RateLimited, match="YAHOO_HTTP=curl_cffi"):
        get(yahoo)
    assert "YAHOO_HTTP=curl_cffi" in caplog.text


def test_a_later_limit_names_no_library(yahoo: FakeYahoo, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    yahoo.routes[PATH] = GOOD
    client = make_client(yahoo)
    client.get_json(PATH, {}, Deadline.after(5))
    yahoo.fail(PATH, Reply(429))
    with pytest.raises(ProviderError) as caught:
        client.get_json(PATH, {}, Deadline.after(5))
    assert "curl_cffi" not in str(caught.value) + caplog.text


def test_the_probe_names_the_other_library(yahoo: FakeYahoo) -> None:
    yahoo.fail("/", *[Reply(200, b"Edge: Too Many Requests")] * 40)
    first = next(Probe(make_options(yahoo), "ACME").run())
    assert not first.is_ok
    assert "YAHOO_HTTP=curl_cffi" in first.note
