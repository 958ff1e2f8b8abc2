"""Yahoo Finance over HTTP: signed requests in, decoded bodies or errors of ours out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from marketdata.deadlines import Deadline
from marketdata.errors import AuthenticationFailed
from marketdata.providers.yahoo.answers import check, decode_json
from marketdata.providers.yahoo.credentials import CredentialKeeper, Credentials, is_crumb
from marketdata.providers.yahoo.transport import Request, RequestsTransport, is_loopback

# Yahoo blocks what does not look like a browser of these days.
DEFAULT_USER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/146.0.0.0 Safari/537.36"
)
COOKIE_HOST = "https://fc.yahoo.com"
API_HOST = "https://query1.finance.yahoo.com"
WEB_HOST = "https://finance.yahoo.com"
CRUMB_PATH = "/v1/test/getcrumb"


class YahooClient:
    """Calls Yahoo's endpoints from any number of threads.

    `base_url` stands in for scheme and host of every URL. Every call keeps to its deadline and
    raises ProviderError only; messages name the path, never the query, cookie or crumb.
    Raises ValueError for a base URL or user agent that cannot be used.
    """

    def __init__(self, base_url: str = "", user_agent: str = "") -> None:
        self._base_url = _checked_base_url(base_url)
        user_agent = user_agent or DEFAULT_USER_AGENT
        if not (user_agent.isascii() and user_agent.isprintable()):
            raise ValueError("the user agent holds characters that a header cannot")
        self._transport = RequestsTransport(user_agent, use_proxies=not is_loopback(base_url))
        self._credentials = CredentialKeeper(self._fetch_credentials)

    def get_json(self, path: str, params: Mapping[str, str], deadline: Deadline) -> Any:
        """The decoded JSON of an API endpoint, asked for with cookie and crumb."""
        credentials = self._credentials.get(deadline)
        try:
            body = self._get_signed(path, params, credentials, deadline)
        except AuthenticationFailed:
            credentials = self._credentials.get(deadline, credentials.generation)
            body = self._get_signed(path, params, credentials, deadline)
        return decode_json(body, path)

    def post_json(
        self, path: str, params: Mapping[str, str], payload: Any, deadline: Deadline
    ) -> Any:
        """The decoded JSON of an endpoint of the web site, which needs no crumb."""
        request = Request(
            what=path,
            url=self._url(WEB_HOST, path),
            method="POST",
            params=params,
            headers={"Content-Type": "application/json"},
            body=msgspec.json.encode(payload),
        )
        return decode_json(check(self._transport.send(request, deadline), path), path)

    def get_document(self, path: str, deadline: Deadline) -> bytes:
        """A document of the web site that is no web page: a feed."""
        request = Request(what=path, url=self._url(WEB_HOST, path))
        return check(self._transport.send(request, deadline), path)

    def _get_signed(
        self, path: str, params: Mapping[str, str], credentials: Credentials, deadline: Deadline
    ) -> bytes:
        request = Request(
            what=path,
            url=self._url(API_HOST, path),
            params={**params, "crumb": credentials.crumb},
            headers={"Cookie": credentials.cookie},
        )
        return check(self._transport.send(request, deadline), path)

    def _fetch_credentials(self, deadline: Deadline) -> Credentials:
        cookie = self._fetch_cookie(deadline)
        request = Request(
            what=CRUMB_PATH, url=self._url(API_HOST, CRUMB_PATH), headers={"Cookie": cookie}
        )
        body = check(self._transport.send(request, deadline), CRUMB_PATH)
        crumb = body.decode("utf-8", "replace").strip("\r\n")
        if not is_crumb(crumb):
            raise AuthenticationFailed(f"{CRUMB_PATH}: the answer is no crumb")
        return Credentials(cookie=cookie, crumb=crumb)

    def _fetch_cookie(self, deadline: Deadline) -> str:
        """The cookies of a page whose status does not matter: it is an error page anyway."""
        what = "the cookie page"
        answer = self._transport.send(Request(what=what, url=self._url(COOKIE_HOST, "/")), deadline)
        if not answer.cookies:
            if answer.status == 429 or answer.status >= 500:
                check(answer, what)
            raise AuthenticationFailed(f"{what}: no cookie in the answer")
        return "; ".join(answer.cookies)

    def _url(self, host: str, path: str) -> str:
        return (self._base_url or host) + path


def _checked_base_url(base_url: str) -> str:
    if base_url:
        parts = urlsplit(base_url)
        # Looking at the port raises a ValueError of its own when that is no number.
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError("the base URL must look like http://host:port")
    return base_url.rstrip("/")
