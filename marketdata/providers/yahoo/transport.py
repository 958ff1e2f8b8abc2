"""One HTTP exchange with Yahoo: bounded in time, in size and in how many run at once.

The one place that knows `requests`; none of its exceptions leaves this module. Another HTTP
library fits in by offering the same `send`.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import logging
import threading
from collections.abc import Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3

from marketdata.deadlines import Deadline
from marketdata.errors import DeadlineExceeded, MalformedAnswer, Unreachable

CONNECT_TIMEOUT_SECONDS = 3.0
READ_TIMEOUT_SECONDS = 5.0
MAX_BODY_BYTES = 8_000_000
MAX_CONCURRENT = 4
_CHUNK_BYTES = 65_536
_FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask; `what` names it in messages and must hold nothing secret."""

    what: str
    url: str
    method: str = "GET"
    params: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"Request({self.what!r})"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, whole: `headers` by lower-case name, `cookies` as name=value."""

    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: bytes


class Transport(Protocol):
    """Sends requests; the seam between HTTP libraries."""

    def send(self, request: Request, deadline: Deadline) -> Answer:
        """The answer, whatever its status; redirects are not followed. Raises ProviderError."""


class RequestsTransport:
    """Sends requests from any number of threads, each with connections of its own."""

    def __init__(self, user_agent: str, *, use_proxies: bool) -> None:
        self._user_agent = user_agent
        self._use_proxies = use_proxies
        self._local = threading.local()
        self._slots = threading.BoundedSemaphore(MAX_CONCURRENT)
        # Its lines hold whole URLs, and those hold the crumb.
        logging.getLogger("urllib3").setLevel(logging.CRITICAL)

    def send(self, request: Request, deadline: Deadline) -> Answer:
        """The answer, whatever its status; redirects are not followed.

        Raises DeadlineExceeded, Unreachable for what the network can do, and
        MalformedAnswer for a body that is too large.
        """
        with self._slot(request.what, deadline):
            try:
                return self._exchange(request, deadline)
            except _FAILURES as error:
                failure = type(error).__name__
        # Outside of the handler: the library's messages, chained, would show the crumb in logs.
        deadline.require(request.what)
        raise Unreachable(f"{request.what}: {failure}")

    @contextlib.contextmanager
    def _slot(self, what: str, deadline: Deadline) -> Iterator[None]:
        if not self._slots.acquire(timeout=deadline.require(what)):
            raise DeadlineExceeded(f"no time left for {what}")
        try:
            yield
        finally:
            self._slots.release()

    def _exchange(self, request: Request, deadline: Deadline) -> Answer:
        response = self._session().request(
            request.method,
            request.url,
            params=request.params,
            headers=dict(request.headers),
            data=request.body,
            timeout=_timeout(deadline.require(request.what)),
            allow_redirects=False,
            stream=True,
        )
        with contextlib.closing(response):
            return Answer(
                status=response.status_code,
                headers={name.lower(): value for name, value in response.headers.items()},
                cookies=cookie_pairs(response.raw.headers.getlist("Set-Cookie")),
                body=_read_body(response, request.what, deadline),
            )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = self._use_proxies
            session.headers.update(
                {"User-Agent": self._user_agent, "Accept": "*/*", "Accept-Language": "en-US,en"}
            )
            # Cookies are shared by all threads and sent by the client; a jar would add its own.
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return session


def _timeout(remaining: float) -> Any:
    # requests hands it on to urllib3, though its type stubs do not say so.
    return urllib3.Timeout(
        total=remaining, connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS
    )


def _read_body(response: requests.Response, what: str, deadline: Deadline) -> bytes:
    """The body as it trickles in: no single read may hide how much time or data has gone by."""
    declared = response.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared) > MAX_BODY_BYTES:
        raise MalformedAnswer(f"{what}: an answer of {declared} bytes is too large")
    body = bytearray()
    while True:
        _limit_next_read(response, deadline.require(what))
        chunk = response.raw.read1(_CHUNK_BYTES, decode_content=True)
        if not chunk:
            return bytes(body)
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise MalformedAnswer(f"{what}: an answer over {MAX_BODY_BYTES} bytes is too large")


def _limit_next_read(response: requests.Response, remaining: float) -> None:
    connection = response.raw.connection
    if connection is not None and connection.sock is not None:
        connection.sock.settimeout(min(READ_TIMEOUT_SECONDS, remaining))


def cookie_pairs(set_cookie_headers: list[str]) -> tuple[str, ...]:
    """name=value of each cookie, whatever its domain: one base URL may stand for all hosts."""
    pairs = (header.partition(";")[0].strip() for header in set_cookie_headers)
    return tuple(pair for pair in pairs if pair.partition("=")[2])


def is_loopback(url: str) -> bool:
    """Whether the host of `url` is this machine, where no proxy can help."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
