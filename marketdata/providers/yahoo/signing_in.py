"""How a cookie and its crumb are got: directly, or through the page of consent."""

from __future__ import annotations

from marketdata.deadlines import Deadline
from marketdata.errors import AuthenticationFailed, ProviderError
from marketdata.providers.yahoo.answers import check
from marketdata.providers.yahoo.consent import Consent, Send
from marketdata.providers.yahoo.credentials import Credentials, is_crumb
from marketdata.providers.yahoo.hosts import API_HOST, COOKIE_HOST, SECOND_API_HOST, Hosts
from marketdata.providers.yahoo.transport import Answer, Request

CRUMB_PATH = "/v1/test/getcrumb"
COOKIE_PAGE = "the cookie page"


class SignIn:
    """Gets credentials; stateless. `send` sends one request."""

    def __init__(self, hosts: Hosts, send: Send) -> None:
        self._hosts = hosts
        self._send = send
        self._consent = Consent(hosts, send)

    def fetch(self, deadline: Deadline) -> Credentials:
        """New credentials. Raises ProviderError."""
        page = self._send(
            Request(what=COOKIE_PAGE, url=self._hosts.url(COOKIE_HOST, "/")), deadline
        )
        # An error page is normal here, and its cookies count. One that leads elsewhere leads to
        # the consent, and its cookies are not yet good for anything.
        if page.cookies and not 300 <= page.status < 400:
            cookie = "; ".join(page.cookies)
            answer = self._ask_crumb(API_HOST, cookie, deadline)
            if not _wants_consent(answer):
                return Credentials(cookie=cookie, crumb=_parse_crumb(answer))
        else:
            answer = page
        return self._fetch_with_consent(answer, deadline)

    def _fetch_with_consent(self, refusal: Answer, deadline: Deadline) -> Credentials:
        if not _wants_consent(refusal):
            check(refusal, COOKIE_PAGE)
        try:
            cookie = self._consent.fetch_cookie(deadline)
        except AuthenticationFailed as error:
            # Then it was no matter of consent: what was said first is what went wrong.
            _parse_crumb(refusal)
            raise error
        answer = self._ask_crumb(SECOND_API_HOST, cookie, deadline)
        return Credentials(cookie=cookie, crumb=_parse_crumb(answer))

    def _ask_crumb(self, host: str, cookie: str, deadline: Deadline) -> Answer:
        url = self._hosts.url(host, CRUMB_PATH)
        return self._send(Request(what=CRUMB_PATH, url=url, headers={"Cookie": cookie}), deadline)


def _wants_consent(answer: Answer) -> bool:
    """Whether this may be how Yahoo says that it wants consent first: anything but a crumb."""
    if answer.status >= 500:
        return False
    return answer.status != 200 or not is_crumb(_text(answer))


def _parse_crumb(answer: Answer) -> str:
    try:
        check(answer, CRUMB_PATH)
    except ProviderError as error:
        if answer.status == 404:
            raise AuthenticationFailed(f"{COOKIE_PAGE}: no cookie in the answer") from error
        raise
    if not is_crumb(_text(answer)):
        raise AuthenticationFailed(f"{CRUMB_PATH}: the answer is no crumb")
    return _text(answer)


def _text(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace").strip("\r\n")
