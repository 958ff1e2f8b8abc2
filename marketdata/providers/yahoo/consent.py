"""The consent page, which Yahoo puts before the cookies of visitors from Europe.

guce.yahoo.com/consent → consent.yahoo.com/v2/collectConsent: a form, which is sent back agreed
to → guce.yahoo.com/copyConsent → cookies. The redirects are followed by hand, with what has
been set as cookies so far, and only within Yahoo.
"""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import urlencode

from marketdata.deadlines import Deadline
from marketdata.errors import AuthenticationFailed
from marketdata.providers.yahoo.hosts import CONSENT_HOST, WEB_HOST, Hosts
from marketdata.providers.yahoo.transport import Answer, Request

WHAT = "the consent page"
MAX_REDIRECTS = 8
_FIELDS = ("csrfToken", "sessionId", "originalDoneUrl", "namespace")
_LOGIN_COOKIES = ("A1", "A3")

Send = Callable[[Request, Deadline], Answer]


class Consent:
    """Walks through the consent pages once for each `fetch_cookie`."""

    def __init__(self, hosts: Hosts, send: Send) -> None:
        self._hosts = hosts
        self._send = send

    def fetch_cookie(self, deadline: Deadline) -> str:
        """The cookies of one who has consented. Raises ProviderError."""
        cookies: dict[str, str] = {}
        start = f"/consent?{urlencode({'brandType': 'nonEu', 'done': WEB_HOST + '/'})}"
        url, page = self._follow(self._hosts.url(CONSENT_HOST, start), cookies, deadline)
        form = parse_form(page.body.decode("utf-8", "replace"))
        if form is None:
            raise AuthenticationFailed(f"{WHAT}: no form of consent")
        agreed = urlencode([*form.items(), ("agree", "agree"), ("agree", "agree")])
        self._follow(url, cookies, deadline, agreed.encode())
        if not any(name in cookies for name in _LOGIN_COOKIES):
            raise AuthenticationFailed(f"{WHAT}: no cookie at its end")
        return "; ".join(f"{name}={value}" for name, value in cookies.items())

    def _follow(
        self, url: str, cookies: dict[str, str], deadline: Deadline, form: bytes | None = None
    ) -> tuple[str, Answer]:
        """The page that the redirects from `url` end at, and its address; gathers cookies."""
        for _ in range(MAX_REDIRECTS):
            answer = self._send(_request(url, cookies, form), deadline)
            cookies.update(_pairs(answer.cookies))
            location = answer.headers.get("location", "")
            if not 300 <= answer.status < 400 or not location:
                return url, answer
            if any(name in cookies for name in _LOGIN_COOKIES):
                return url, answer  # what follows is the page that was asked for long ago
            url, form = self._hosts.follow(url, location), None
        raise AuthenticationFailed(f"{WHAT}: too many redirects")


def parse_form(page: str) -> dict[str, str] | None:
    """The hidden fields of the form of consent; None when this is another page."""
    fields = _HiddenFields()
    fields.feed(page)
    found = {name: value for name, value in fields.found.items() if name in _FIELDS}
    return found if "csrfToken" in found and "sessionId" in found else None


class _HiddenFields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "input" and attributes.get("type") == "hidden" and attributes.get("name"):
            self.found[attributes["name"] or ""] = attributes.get("value") or ""


def _request(url: str, cookies: dict[str, str], form: bytes | None) -> Request:
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    if form is None:
        return Request(what=WHAT, url=url, headers=headers)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return Request(what=WHAT, url=url, method="POST", headers=headers, body=form)


def _pairs(cookies: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, _, value in (cookie.partition("=") for cookie in cookies)}
