"""The ASGI middleware that validates handshakes: nobody gets past it who may not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from typing import Any

from streams.addresses import address_of
from streams.apps import get_streams
from streams.conf import settings
from streams.credentials import without_secrets
from streams.handshake import deny, not_found
from streams.limits import Usage
from streams.protocol import CLOSE_DISCONNECTED, CLOSE_NOT_AUTHENTICATED, Metadata
from streams.refusals import RefusalLog, Refused
from streams.subscriptions import Endpoint
from streams.visits import Visit

logger = logging.getLogger(__name__)

REASONS = {
    CLOSE_NOT_AUTHENTICATED: "The key or session is not valid any more.",
    CLOSE_DISCONNECTED: "Disconnected by an administrator.",
}


def validated(application: Any) -> Any:
    """The application behind the validation; itself, while USE_SECURITY is off."""
    return ValidatedApplication(application) if settings.USE_SECURITY else application


class ValidatedApplication:
    """Adds to the scope: `user`, `max_symbols`, `named_by` and `metadata`; takes away secrets."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._refusals = RefusalLog()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        endpoint = _endpoint_of(scope.get("path_remaining", scope["path"]))
        if endpoint is None:
            # Not left to the application: nothing of it is reached without validation.
            await not_found(scope, receive, send)
            return
        address = address_of(scope, settings.TRUSTED_PROXY_HOPS)
        gate = get_streams().gate
        try:
            visit, usage = await gate.enter(scope, endpoint, address, _Closer(send))
        except Refused as refused:
            self._refusals.add(refused, address)
            await deny(scope, send, refused.status, refused.code, str(refused), refused.headers)
            return
        try:
            await self._application(_inner_scope(scope, visit, usage), receive, send)
        finally:
            await gate.leave(visit)


class _Closer:
    """Closes the socket from outside its application, whatever that is doing."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._task: asyncio.Task[None] | None = None

    def __call__(self, code: int) -> None:
        self._task = asyncio.get_running_loop().create_task(self._close(code))

    async def _close(self, code: int) -> None:
        close = {"type": "websocket.close", "code": code, "reason": REASONS[code]}
        with contextlib.suppress(OSError):  # so ASGI says that the client is gone
            await self._send(close)


def _inner_scope(scope: dict[str, Any], visit: Visit, usage: Usage | None) -> dict[str, Any]:
    identity = visit.identity
    inner = {
        **without_secrets(scope),
        "user": identity.user,
        "max_symbols": identity.max_symbols,
        # Whose names are counted; nobody's, for who is unlimited.
        "named_by": identity.quota.bucket if identity.quota else None,
    }
    if usage and identity.quota:
        inner["metadata"] = Metadata(
            rate_limit=identity.quota.per_day,
            remaining_requests=max(0, identity.quota.per_day - usage.used_today),
            reset=math.ceil(usage.reset_seconds),
        )
    return inner


def _endpoint_of(path: str) -> Endpoint | None:
    try:
        return Endpoint(path.lstrip("/").partition("/")[0])
    except ValueError:
        return None
