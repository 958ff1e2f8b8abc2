"""Yahoo Finance over HTTP: signed requests in, decoded bodies or errors of ours out."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from marketdata.clock import SYSTEM_CLOCK, Clock
from marketdata.deadlines import Deadline
from marketdata.errors import AuthenticationFailed, DeadlineExceeded, RateLimited, Unreachable
from marketdata.providers.yahoo.answers import check, decode_json, require_no_limit
from marketdata.providers.yahoo.breakers import Breakers
from marketdata.providers.yahoo.budget import Budget
from marketdata.providers.yahoo.credentials import CredentialKeeper, Credentials
from marketdata.providers.yahoo.guard import Guard
from marketdata.providers.yahoo.hosts import API_HOST, SECOND_API_HOST, WEB_HOST, Hosts
from marketdata.providers.yahoo.options import YahooOptions
from marketdata.providers.yahoo.signing_in import SignIn
from marketdata.providers.yahoo.transport import (
    Answer,
    Request,
    RequestsTransport,
    Transport,
    is_loopback,
)
from marketdata.sharing import MemoryStore, SharedStore

# Yahoo blocks what does not look like a browser of these days.
DEFAULT_USER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/146.0.0.0 Safari/537.36"
)
CREDENTIALS_GROUP = "credentials"
# Who has asked for nothing yet cannot have asked too often: then it is the TLS that Yahoo dislikes.
FIRST_LIMIT_HINT = (
    "and that to the first call: Yahoo may take this for no browser; YAHOO_HTTP=curl_cffi, after "
    "pip install -r requirements-curl.txt, looks like one"
)

logger = logging.getLogger(__name__)


class YahooClient:
    """Calls Yahoo's endpoints from any number of threads.

    Every call keeps to its deadline and raises ProviderError only; messages name the path, never
    the query, cookie or crumb. Cookie and crumb are shared through `store`, got with the
    courtesy of `guard`, which also has the breakers and the budget of whoever makes the calls.
    Raises ValueError for a base URL or user agent that cannot be used.
    """

    def __init__(
        self,
        options: YahooOptions | None = None,
        store: SharedStore | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        options = options or YahooOptions()
        store = store or MemoryStore(clock)
        self.hosts = Hosts(options.base_url)
        self.user_agent = options.user_agent or DEFAULT_USER_AGENT
        self.use_proxies = not is_loopback(options.base_url)
        self.guard = Guard(
            Breakers(store, clock),
            Budget(store, options.requests_per_second, options.burst),
            clock,
        )
        self._transport = _build_transport(options)
        self._looks_like_a_browser = options.http == "curl_cffi"
        self._was_ever_answered = False
        self._api_host = API_HOST
        self._sign_in = SignIn(self.hosts, self._send_owing, store)
        self.credentials = CredentialKeeper(
            self._fetch_credentials, store, clock, _name_of(options)
        )

    def get_json(self, path: str, params: Mapping[str, str], deadline: Deadline) -> Any:
        """The decoded JSON of an API endpoint, asked for with cookie and crumb."""
        credentials = self.credentials.get(deadline)
        try:
            body = self._get_signed(path, params, credentials, deadline)
        except AuthenticationFailed:
            credentials = self.credentials.get(deadline, credentials.generation)
            self.guard.budget.owe()
            body = self._get_signed(path, params, credentials, deadline)
        return decode_json(body, path)

    def post_json(
        self, path: str, params: Mapping[str, str], payload: Any, deadline: Deadline
    ) -> Any:
        """The decoded JSON of an endpoint of the web site, which needs no crumb."""
        request = Request(
            what=path,
            url=self.hosts.url(WEB_HOST, path),
            method="POST",
            params=params,
            headers={"Content-Type": "application/json"},
            body=msgspec.json.encode(payload),
        )
        return decode_json(check(self._send(request, deadline), path), path)

    def get_document(self, path: str, deadline: Deadline) -> bytes:
        """A document of the web site that is no web page: a feed."""
        request = Request(what=path, url=self.hosts.url(WEB_HOST, path))
        return check(self._send(request, deadline), path)

    def _get_signed(
        self, path: str, params: Mapping[str, str], credentials: Credentials, deadline: Deadline
    ) -> bytes:
        request = Request(
            what=path,
            url=self.hosts.url(self._api_host, path),
            params={**params, "crumb": credentials.crumb},
            headers={"Cookie": credentials.cookie},
        )
        try:
            return check(self._send(request, deadline), path)
        except (Unreachable, DeadlineExceeded):
            # The other one answers the same, and may be reachable.
            first = request.url.startswith(API_HOST)
            self._api_host = SECOND_API_HOST if first else API_HOST
            raise

    def _fetch_credentials(self, deadline: Deadline) -> Credentials:
        return self.guard.call(
            CREDENTIALS_GROUP, lambda: self._sign_in.fetch(deadline), deadline, retries=0
        )

    def _send_owing(self, request: Request, deadline: Deadline) -> Answer:
        self.guard.budget.owe()
        return self._send(request, deadline)

    def _send(self, request: Request, deadline: Deadline) -> Answer:
        """The answer, whatever it says, except that it is too much."""
        answer = self._transport.send(request, deadline)
        try:
            require_no_limit(answer, request.what)
        except RateLimited as error:
            if self._was_ever_answered or self._looks_like_a_browser:
                raise
            hinted = RateLimited(f"{error}, {FIRST_LIMIT_HINT}", error.retry_after_seconds)
        else:
            self._was_ever_answered |= 200 <= answer.status < 300
            return answer
        logger.warning("%s", hinted)
        raise hinted


def _build_transport(options: YahooOptions) -> Transport:
    user_agent = options.user_agent or DEFAULT_USER_AGENT
    if not (user_agent.isascii() and user_agent.isprintable()):
        raise ValueError("the user agent holds characters that a header cannot")
    use_proxies = not is_loopback(options.base_url)
    if options.http == "curl_cffi":
        # An extra that need not be installed.
        from marketdata.providers.yahoo.curl import CurlTransport

        return CurlTransport(options.user_agent, use_proxies=use_proxies)
    return RequestsTransport(user_agent, use_proxies=use_proxies)


def _name_of(options: YahooOptions) -> str:
    """Tells credentials apart that were got in different ways."""
    text = f"{options.base_url}\n{options.user_agent}\n{options.http}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
