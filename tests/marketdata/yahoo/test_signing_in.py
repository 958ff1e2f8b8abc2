"""The ways to a cookie and a crumb: when one is closed, the next is tried, and remembered."""

from __future__ import annotations

import time

import pytest

from marketdata.deadlines import Deadline
from marketdata.errors import DeadlineExceeded, ProviderUnavailable, Unreachable
from marketdata.providers.yahoo.hosts import API_HOST, COOKIE_HOST, SECOND_API_HOST, Hosts
from marketdata.providers.yahoo.signing_in import STEP_SECONDS, SignIn
from marketdata.providers.yahoo.transport import Answer, Request
from marketdata.sharing import MemoryStore
from tests.marketdata.yahoo.server import COOKIE, FakeYahoo, Reply
from tests.marketdata.yahoo.setup import make_client

QUOTES = "/v7/finance/quote"
CRUMB = "/v1/test/getcrumb"
GOOD: object = {"quoteResponse": {"result": [], "error": None}}
MARKETS = "/markets/"


@pytest.fixture
def markets(yahoo: FakeYahoo) -> FakeYahoo:
    """A Yahoo whose other pages give the cookie, too."""
    yahoo.routes[QUOTES] = GOOD
    yahoo.routes[MARKETS] = Reply(200, b"<html>", headers={"Set-Cookie": COOKIE})
    return yahoo


@pytest.mark.parametrize(
    "blocked",
    [Reply(502), Reply(403), Reply(404), Reply(200), Reply(mode="reset"), Reply(mode="hang")],
    ids=["502", "403", "404", "200", "reset", "hang"],
)
def test_a_blocked_cookie_page_is_gone_round(markets: FakeYahoo, blocked: Reply) -> None:
    markets.cookie_reply = blocked
    began = time.monotonic()
    assert make_client(markets).get_json(QUOTES, {}, Deadline.after(12)) == GOOD
    assert time.monotonic() - began < STEP_SECONDS + 3
    assert (markets.count("/"), markets.count(MARKETS)) == (1, 1)


class ScriptedHosts:
    """Answers by the beginning of the URL; what has no answer cannot be reached."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Exception] = {
            COOKIE_HOST: Answer(status=404, headers={}, cookies=("A3=x",), body=b""),
        }
        self.asked: list[str] = []

    def crumb(self, host: str) -> None:
        self.answers[host] = Answer(status=200, headers={}, cookies=(), body=b"crumb")

    def send(self, request: Request, deadline: Deadline) -> Answer:
        assert 0 < deadline.remaining() <= STEP_SECONDS
        self.asked.append(request.url)
        for start, answer in self.answers.items():
            if request.url.startswith(start):
                if isinstance(answer, Exception):
                    raise answer
                return answer
        raise Unreachable("no route")


@pytest.mark.parametrize(
    "failure", [Unreachable("no route"), DeadlineExceeded("late"), ProviderUnavailable("502")]
)
def test_the_second_host_gives_the_crumb_and_is_asked_first_from_then_on(
    failure: Exception,
) -> None:
    hosts, store = ScriptedHosts(), MemoryStore()
    hosts.answers[API_HOST] = failure
    hosts.crumb(SECOND_API_HOST)
    assert SignIn(Hosts(), hosts.send, store).fetch(Deadline.after(12)).crumb == "crumb"
    hosts.asked.clear()
    # Another process of the cluster knows.
    SignIn(Hosts(), hosts.send, store).fetch(Deadline.after(12))
    assert hosts.asked == [f"{COOKIE_HOST}/", f"{SECOND_API_HOST}{CRUMB}"]


def test_the_way_that_worked_is_tried_first(markets: FakeYahoo) -> None:
    markets.cookie_reply = Reply(502)
    client = make_client(markets)
    client.get_json(QUOTES, {}, Deadline.after(5))
    markets.crumb = "newer"
    client.get_json(QUOTES, {}, Deadline.after(5))
    assert (markets.count("/"), markets.count(MARKETS)) == (1, 2)


def test_when_no_way_works_the_first_error_is_told_and_the_calls_are_few() -> None:
    hosts = ScriptedHosts()
    hosts.answers[COOKIE_HOST] = ProviderUnavailable("a gateway")
    with pytest.raises(ProviderUnavailable, match="a gateway"):
        SignIn(Hosts(), hosts.send, MemoryStore()).fetch(Deadline.after(12))
    assert len(hosts.asked) == 3
