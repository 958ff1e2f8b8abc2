"""What those who run the service ask over HTTP: /healthz, /readyz and /metrics.

An ASGI application around all others, so that these answer whatever has become of Django's
threads, the database or Redis. They look at no Host header and build no URL from it: a health
check may come with any host, and nothing is opened by that.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

import msgspec
from django.conf import settings as django_settings
from django.utils.crypto import constant_time_compare

from streams.addresses import parse_address, with_forwarded_scheme
from streams.apps import get_streams
from streams.conf import settings
from streams.handshake import not_found
from streams.monitoring.metrics import CONTENT_TYPE, render
from streams.paths import local_path, placed
from streams.request_ids import REQUEST_ID, request_id_of

logger = logging.getLogger(__name__)

HEALTH_PATHS: Final = ("/healthz", "/readyz", "/metrics")
JSON: Final = "application/json"
FORWARDING: Final = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via"})

Answer = tuple[int, str, bytes]


class Operations:
    """Also names each request for the log, tells the client's scheme behind proxies, and starts the
    process's monitor with the first.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return
        scope = with_forwarded_scheme(scope, settings.TRUSTED_PROXY_HOPS)
        REQUEST_ID.set(_request_id(scope))
        get_streams().monitor.start()
        inside = placed(scope, django_settings.FORCE_SCRIPT_NAME)
        if inside is None:
            await _answer_outside(scope, receive, send)
        elif scope["type"] == "http" and (path := local_path(inside).rstrip("/")) in HEALTH_PATHS:
            await _respond(scope, send, await _answer(path, scope))
        else:
            await self._application(inside, receive, send)


async def _answer_outside(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Below another root than ours: a proxy leads here what is not for us."""
    if scope["type"] == "websocket":
        await not_found(scope, receive, send)
        return
    await _respond(scope, send, (404, JSON, b'{"error": "outside of the root of this service"}'))


async def _answer(path: str, scope: dict[str, Any]) -> Answer:
    if scope["method"] not in ("GET", "HEAD"):
        return 405, JSON, b'{"error": "only GET"}'
    if path == "/healthz":
        return 200, JSON, b'{"status": "alive"}'
    if path == "/readyz":
        monitor = get_streams().monitor
        readiness = monitor.get_readiness()
        answer = {**msgspec.structs.asdict(readiness), "source": monitor.get_source()}
        body = msgspec.json.encode(answer)
        return 200 if readiness.ready else 503, JSON, body
    if not may_read_metrics(scope):
        return 403, JSON, b'{"error": "see METRICS_TOKEN in docs/operations.md"}'
    reports, _ = await get_streams().monitor.get_all()
    if b"process=own" in scope["query_string"]:
        reports = reports[:1]
    # In a thread: of a large cluster it is long, and clients wait for the event loop.
    return 200, CONTENT_TYPE, await asyncio.to_thread(render, reports)


def may_read_metrics(scope: dict[str, Any]) -> bool:
    """With METRICS_TOKEN whoever has it; without one, this machine, past no proxy."""
    headers = dict(scope["headers"])
    if settings.METRICS_TOKEN:
        given = headers.get(b"authorization", b"").decode("latin-1")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    if settings.TRUSTED_PROXY_HOPS or not FORWARDING.isdisjoint(headers):
        return False
    peer = parse_address((scope.get("client") or [""])[0])
    return peer is not None and peer.is_loopback


def _request_id(scope: dict[str, Any]) -> str:
    """The one that our own server gave it, or one like it."""
    server = (scope.get("extensions") or {}).get("streams.server") or {}
    return str(server.get("request_id") or request_id_of(scope["headers"]))


async def _respond(scope: dict[str, Any], send: Any, answer: Answer) -> None:
    status, content_type, body = answer
    headers = [
        (b"content-type", content_type.encode("ascii")),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
