"""Who is at the door: from a handshake's credentials to an identity, with guessing slowed down.

Errors: `Refused`, and what lookups and limits raise: `DatabaseUnavailable`, `OverLimit`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NoReturn

import msgspec

from streams.credentials import AmbiguousCredentials, Credentials, parse_credentials
from streams.identities import KEY, SESSION, Identity, admin_identity
from streams.keys import digest_of, is_same
from streams.limits import Limits
from streams.lookups import Lookups
from streams.origins import is_allowed
from streams.refusals import Refused, unauthorized

MINUTE_SECONDS = 60.0


class Rules(msgspec.Struct, frozen=True):
    """What the settings say about who may connect."""

    admin_key: str
    handshakes_per_minute: int
    wrong_keys_per_minute: int
    allowed_origins: tuple[str, ...]
    allowed_hosts: tuple[str, ...]
    session_cookie: str


class Identifier:
    """Knows what the settings say, what the database says, and who has tried how often."""

    def __init__(self, lookups: Lookups, limits: Limits, rules: Rules) -> None:
        self._lookups = lookups
        self._limits = limits
        self._rules = rules
        self._admin_digest = digest_of(rules.admin_key) if rules.admin_key else ""

    async def identify(self, scope: dict[str, Any], bucket: str) -> Identity:
        """Whose handshake it is; `bucket` is where the attempts of its address are counted."""
        try:
            credentials = parse_credentials(scope, self._rules.session_cookie)
        except AmbiguousCredentials as error:
            raise unauthorized("ambiguous_key", f"There are {error}: send one.") from error
        self._check_origin(credentials)
        if self._is_admin(credentials):
            return admin_identity()
        await self._limits.hit(
            f"handshakes.{bucket}", self._rules.handshakes_per_minute, MINUTE_SECONDS
        )
        token = _token_of(credentials)
        identity = self._lookups.peek(token) or await self._look_up(token, bucket)
        if identity.expires_at and identity.expires_at <= datetime.now(UTC):
            await self._was_wrong(bucket)
        return identity

    async def _look_up(self, token: str, bucket: str) -> Identity:
        """Whoever guesses gets no answer any more, right or wrong, unless it is known already."""
        wrong = f"wrong.{bucket}"
        if self._limits.is_exhausted(wrong, self._rules.wrong_keys_per_minute):
            await self._limits.hit(wrong, self._rules.wrong_keys_per_minute, MINUTE_SECONDS)
        identity = await self._lookups.get(token) if token else None
        if identity is None:
            await self._was_wrong(bucket)
        return identity

    async def _was_wrong(self, bucket: str) -> NoReturn:
        await self._limits.hit(f"wrong.{bucket}", self._rules.wrong_keys_per_minute, MINUTE_SECONDS)
        raise unauthorized("invalid_key", "The key or session is unknown, revoked or expired.")

    def _is_admin(self, credentials: Credentials) -> bool:
        if credentials.key is None or not self._admin_digest:
            return False
        return is_same(digest_of(credentials.key), self._admin_digest)

    def _check_origin(self, credentials: Credentials) -> None:
        rules = self._rules
        if credentials.origin is None or is_allowed(
            credentials.origin, credentials.host, rules.allowed_origins, rules.allowed_hosts
        ):
            return
        allowed = ", ".join(("the own host", *rules.allowed_origins))
        raise Refused(
            403,
            "origin_not_allowed",
            "This page's origin may not connect.",
            detail=f"origin {credentials.origin[:100]!r}, allowed: {allowed}",
        )


def _token_of(credentials: Credentials) -> str:
    """What to look up; empty for what cannot be anybody's. A key goes before a session."""
    if credentials.key is not None:
        return KEY + digest_of(credentials.key) if credentials.is_plausible_key else ""
    if credentials.session_key is None:
        raise unauthorized("missing_key", "An API key is needed.")
    # A browser sends cookies along whoever wrote the page: only its Origin tells.
    if credentials.origin is None:
        raise unauthorized("missing_origin", "A session counts only with an Origin.")
    return SESSION + credentials.session_key if credentials.is_plausible_session else ""
