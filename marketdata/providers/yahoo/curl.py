"""The same exchange through curl_cffi, which shakes hands over TLS the way a browser does.

An extra (`requirements-curl.txt`) for networks where Yahoo looks at that; none of the
library's exceptions leaves this module.
"""

from __future__ import annotations

import threading
from typing import Any

from curl_cffi import requests as curl

from marketdata.deadlines import Deadline
from marketdata.errors import DeadlineExceeded, MalformedAnswer, Unreachable
from marketdata.providers.yahoo.transport import (
    CONNECT_TIMEOUT_SECONDS,
    MAX_BODY_BYTES,
    MAX_CONCURRENT,
    Answer,
    Request,
    cookie_pairs,
)

BROWSER = "chrome"


class CurlTransport:
    """Sends requests from any number of threads; an empty `user_agent` is the browser's own."""

    def __init__(self, user_agent: str, *, use_proxies: bool) -> None:
        self._user_agent = user_agent
        self._use_proxies = use_proxies
        self._local = threading.local()
        self._slots = threading.BoundedSemaphore(MAX_CONCURRENT)

    def send(self, request: Request, deadline: Deadline) -> Answer:
        """The answer, whatever its status; redirects are not followed.

        Raises DeadlineExceeded, Unreachable for what the network can do, and
        MalformedAnswer for a body that is too large.
        """
        if not self._slots.acquire(timeout=deadline.require(request.what)):
            raise DeadlineExceeded(f"no time left for {request.what}")
        try:
            return self._exchange(request, deadline)
        except (curl.exceptions.RequestException, OSError, ValueError) as error:
            failure = type(error).__name__
        finally:
            self._slots.release()
        # Outside of the handler: the library's messages, chained, would show the crumb in logs.
        deadline.require(request.what)
        raise Unreachable(f"{request.what}: {failure}")

    def _exchange(self, request: Request, deadline: Deadline) -> Answer:
        remaining = deadline.require(request.what)
        body = _Body(request.what)
        response = self._session().request(
            request.method,
            request.url,
            params=dict(request.params) or None,
            headers=self._headers(request),
            data=request.body,
            timeout=(min(CONNECT_TIMEOUT_SECONDS, remaining), remaining),
            allow_redirects=False,
            content_callback=body.add,
        )
        return Answer(
            status=response.status_code,
            headers={name.lower(): value or "" for name, value in response.headers.items()},
            cookies=cookie_pairs(
                [value or "" for value in response.headers.get_list("set-cookie")]
            ),
            body=bytes(body.received),
        )

    def _headers(self, request: Request) -> dict[str, str]:
        own = {"User-Agent": self._user_agent} if self._user_agent else {}
        return {**own, **request.headers}

    def _session(self) -> Any:
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = curl.Session(
                impersonate=BROWSER, trust_env=self._use_proxies, discard_cookies=True
            )
        return session


class _Body:
    """Gathers what comes in; what it raises stops the transfer."""

    def __init__(self, what: str) -> None:
        self._what = what
        self.received = bytearray()

    def add(self, chunk: bytes) -> int:
        if len(self.received) + len(chunk) > MAX_BODY_BYTES:
            raise MalformedAnswer(
                f"{self._what}: an answer over {MAX_BODY_BYTES} bytes is too large"
            )
        self.received += chunk
        return len(chunk)
