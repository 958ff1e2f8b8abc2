"""How a cookie and its crumb are got: several ways and hosts, the one that worked last first."""

from __future__ import annotations

import contextlib
import logging

import msgspec

from marketdata.deadlines import Deadline
from marketdata.errors import AuthenticationFailed, ProviderError, RateLimited
from marketdata.providers.yahoo.answers import check
from marketdata.providers.yahoo.consent import Consent, Send
from marketdata.providers.yahoo.credentials import Credentials, is_crumb
from marketdata.providers.yahoo.hosts import (
    API_HOST,
    COOKIE_HOST,
    SECOND_API_HOST,
    WEB_HOST,
    Hosts,
)
from marketdata.providers.yahoo.transport import Answer, Request
from marketdata.sharing import SharedStore

CRUMB_PATH = "/v1/test/getcrumb"
COOKIE_PAGE = "the cookie page"
CONSENT = "the consent page"
# Any page of the site sets the same cookie as the one that exists for nothing else.
COOKIE_PAGES = {COOKIE_PAGE: (COOKIE_HOST, "/"), "the markets page": (WEB_HOST, "/markets/")}
WAYS = (*COOKIE_PAGES, CONSENT)
# A host that is silent must leave time for the others.
STEP_SECONDS = 2.5
KEEP_SECONDS = 86_400.0
KEY = "sign-in"

logger = logging.getLogger(__name__)


class _Worked(msgspec.Struct, frozen=True):
    """The way that has worked last, and the host that gave the crumb."""

    way: str = COOKIE_PAGE
    host: str = API_HOST


class SignIn:
    """Gets credentials. `send` sends one request; which way worked is shared through `store`."""

    def __init__(self, hosts: Hosts, send: Send, store: SharedStore) -> None:
        self._hosts = hosts
        self._send_one = send
        self._store = store
        self._consent = Consent(hosts, self._send)

    def fetch(self, deadline: Deadline) -> Credentials:
        """New credentials. Raises ProviderError: what the first way came to, or RateLimited."""
        worked = self._load()
        errors: list[ProviderError] = []
        for way in _first(worked.way, WAYS):
            try:
                return self._try(way, worked.host, deadline)
            except RateLimited:
                raise
            except ProviderError as error:
                logger.debug("no way to a crumb: %s", error)
                errors.append(error)
        raise errors[0]

    def _try(self, way: str, first_host: str, deadline: Deadline) -> Credentials:
        cookie = self._fetch_cookie(way, deadline)
        errors: list[ProviderError] = []
        hosts = (SECOND_API_HOST, API_HOST) if way == CONSENT else (API_HOST, SECOND_API_HOST)
        for host in self._hosts.distinct(_first(first_host, hosts)):
            try:
                crumb = _parse_crumb(self._ask_crumb(host, cookie, deadline))
            except (RateLimited, AuthenticationFailed):
                raise  # the other host would say the same
            except ProviderError as error:
                errors.append(error)
            else:
                worked = msgspec.json.encode(_Worked(way, host))
                self._store.put(KEY, worked, KEEP_SECONDS)
                return Credentials(cookie=cookie, crumb=crumb)
        raise errors[0]

    def _fetch_cookie(self, way: str, deadline: Deadline) -> str:
        if way == CONSENT:
            return self._consent.fetch_cookie(deadline)
        host, path = COOKIE_PAGES[way]
        page = self._send(Request(what=way, url=self._hosts.url(host, path)), deadline)
        # An error page is normal here, and its cookies count. One that leads elsewhere leads to
        # the consent, and its cookies are not yet good for anything.
        if page.cookies and not 300 <= page.status < 400:
            return "; ".join(page.cookies)
        if page.status != 404:
            check(page, way)
        raise AuthenticationFailed(f"{way}: no cookie in the answer")

    def _ask_crumb(self, host: str, cookie: str, deadline: Deadline) -> Answer:
        url = self._hosts.url(host, CRUMB_PATH)
        return self._send(Request(what=CRUMB_PATH, url=url, headers={"Cookie": cookie}), deadline)

    def _send(self, request: Request, deadline: Deadline) -> Answer:
        seconds = min(STEP_SECONDS, deadline.require(request.what))
        return self._send_one(request, Deadline.after(seconds))

    def _load(self) -> _Worked:
        value = self._store.get_many([KEY]).get(KEY)
        with contextlib.suppress(msgspec.DecodeError):  # another release wrote it
            return msgspec.json.decode(value, type=_Worked) if value else _Worked()
        return _Worked()


def _first(one: str, all_of_them: tuple[str, ...]) -> tuple[str, ...]:
    """All of them, this one before the others."""
    return tuple(sorted(all_of_them, key=lambda other: other != one))


def _parse_crumb(answer: Answer) -> str:
    check(answer, CRUMB_PATH)
    text = answer.body.decode("utf-8", "replace").strip("\r\n")
    if not is_crumb(text):
        raise AuthenticationFailed(f"{CRUMB_PATH}: the answer is no crumb")
    return text
