"""The way to a cookie for visitors from Europe, as Yahoo's pages lead."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from marketdata.deadlines import Deadline
from marketdata.errors import AuthenticationFailed, ProviderError
from marketdata.providers.yahoo.consent import parse_form
from marketdata.providers.yahoo.hosts import Hosts
from tests.marketdata.yahoo.server import Call, FakeYahoo, Reply
from tests.marketdata.yahoo.setup import make_client

COLLECT = "/v2/collectConsent"
FORM = """<!DOCTYPE html><html><body><form method="post" class="consent-form" action="">
<input type="hidden" name="csrfToken" value="to&amp;ken">
<input type="hidden" name="sessionId" value="3_cc-session_1">
<input type="hidden" name="originalDoneUrl" value="https://finance.yahoo.com/?guccounter&#x3D;1">
<input type="hidden" name="namespace" value="yahoo">
<input type="hidden" data-beacon='/beacon?tag=TCF2&step=1"beacon hidden" src="/x">
<button type="submit" name="agree" value="agree">Accept all</button>
<button type="submit" name="reject" value="reject">Reject all</button>
</form></body></html>"""


def redirect(location: str, **headers: str) -> Reply:
    return Reply(302, headers={"Location": location, **headers})


@pytest.fixture
def europe(yahoo: FakeYahoo) -> FakeYahoo:
    """A Yahoo whose cookie page leads to the consent."""
    yahoo.cookie_reply = redirect(
        "https://guce.yahoo.com/consent?brandType=nonEu", **{"Set-Cookie": "GUCS=x; Path=/"}
    )

    def collect(call: Call) -> Reply:
        if call.method == "GET":
            return Reply(body=FORM.encode(), headers={"Set-Cookie": "CFC=c; Secure"})
        return redirect("https://guce.yahoo.com/copyConsent?sessionId=3_cc-session_1&lang=en-GB")

    yahoo.routes |= {
        "/consent": redirect(
            "https://consent.yahoo.com/v2/collectConsent?sessionId=3_cc-session_1"
        ),
        COLLECT: collect,
        # The test's server checks for this very cookie, alone.
        "/copyConsent": redirect(
            "https://finance.yahoo.com/?guccounter=1", **{"Set-Cookie": "A3=d=AQ&S=AQ; HttpOnly"}
        ),
        "/v7/finance/quote": lambda call: {"cookie": call.headers["cookie"]},
    }
    yahoo.signature_is_checked = False
    return yahoo


def get(yahoo: FakeYahoo) -> object:
    return make_client(yahoo).get_json("/v7/finance/quote", {"symbols": "A"}, Deadline.after(5))


def test_consent_is_given_where_it_is_asked_for(europe: FakeYahoo) -> None:
    assert get(europe) == {"cookie": "CFC=c; A3=d=AQ&S=AQ"}
    (_, sent) = europe.calls_of(COLLECT)
    assert (sent.method, sent.headers["content-type"]) == (
        "POST",
        "application/x-www-form-urlencoded",
    )
    assert parse_qs(sent.body.decode()) == {
        "csrfToken": ["to&ken"],
        "sessionId": ["3_cc-session_1"],
        "originalDoneUrl": ["https://finance.yahoo.com/?guccounter=1"],
        "namespace": ["yahoo"],
        "agree": ["agree", "agree"],
    }
    assert sent.query == {"sessionId": "3_cc-session_1"}
    assert europe.count("/v1/test/getcrumb") == 1


def test_a_page_instead_of_a_crumb_leads_to_the_consent_too(
    europe: FakeYahoo, yahoo: FakeYahoo
) -> None:
    yahoo.cookie_reply = Reply(404, headers={"Set-Cookie": "A3=old"})
    yahoo.fail("/v1/test/getcrumb", Reply(body=b"<!DOCTYPE html><html>Before you continue</html>"))
    assert get(europe) == {"cookie": "CFC=c; A3=d=AQ&S=AQ"}


@pytest.mark.parametrize(
    ("path", "reply"),
    [
        ("/consent", Reply(404)),
        ("/consent", redirect("/consent")),
        (COLLECT, Reply(body=b"<html>another page</html>")),
        ("/copyConsent", Reply(200)),
        ("/v1/test/getcrumb", Reply(401, b"{}")),
        ("/v1/test/getcrumb", Reply(429)),
    ],
)
def test_where_the_way_ends_is_an_error_of_ours(europe: FakeYahoo, path: str, reply: Reply) -> None:
    europe.fail(path, *[reply] * 20)
    with pytest.raises(ProviderError):
        get(europe)
    assert europe.count("/v7/finance/quote") == 0
    assert len(europe.calls) < 14


def test_no_redirect_leads_away_from_yahoo() -> None:
    hosts = Hosts()
    start = "https://guce.yahoo.com/consent"
    assert hosts.follow(start, "/copyConsent?a=1") == "https://guce.yahoo.com/copyConsent?a=1"
    for location in (
        "https://evil.example/",
        "http://guce.yahoo.com/",
        "//yahoo.com.evil.example/x",
        "https://evilyahoo.com/",
    ):
        with pytest.raises(AuthenticationFailed):
            hosts.follow(start, location)


@pytest.mark.parametrize(
    "page", ["", "<html>", "<input type=hidden name=csrfToken value=1>", "<<<"]
)
def test_another_page_has_no_form(page: str) -> None:
    assert parse_form(page) is None
