"""Who is at the door: from a handshake's credentials to an identity, with guessing slowed down.

Errors: `Refused`, and what lookups and limits raise: `DatabaseUnavailable`, `OverLimit`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NoReturn

import msgspec

from streams.credentials import AmbiguousCredentials, Credentials, parse_credentials
from streams.identities import KEY, SESSION, Identity, admin_identity
from streams.keys import could_be_key, digest_of, is_same, name_key
from streams.limits import Limits
from streams.lookups import Lookups
from streams.origins import is_allowed, is_web_origin
from streams.refusals import Refused, unauthorized

MINUTE_SECONDS = 60.0


class Rules(msgspec.Struct, frozen=True):
    """What the settings say about who may connect."""

    admin_key: str
    handshakes_per_minute: int
    wrong_keys_per_minute: int
    allowed_origins: tuple[str, ...]
    any_origin_with_key: bool
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
            credentials = parse_credentials(scope, self._rules.session_cookie, self._may_be_key)
        except AmbiguousCredentials as error:
            raise unauthorized("ambiguous_key", f"There are {error}: send one.") from error
        self._check_origin(credentials)
        if self._is_admin(credentials.key):
            await self._check_guessing(bucket)
            return admin_identity()
        await self._limits.hit(
            f"handshakes.{bucket}", self._rules.handshakes_per_minute, MINUTE_SECONDS
        )
        token = _token_of(credentials)
        guesses_in = bucket if self._is_guess(credentials) else None
        name = name_key(credentials.key or "")
        identity = self._lookups.peek(token) or await self._look_up(token, guesses_in, name)
        if identity.expires_at and identity.expires_at <= datetime.now(UTC):
            await self._was_wrong(guesses_in, identity.name)
        return identity

    async def _look_up(self, token: str, guesses_in: str | None, name: str) -> Identity:
        if guesses_in is not None:
            await self._check_guessing(guesses_in)
        identity = await self._lookups.get(token) if token else None
        if identity is None:
            await self._was_wrong(guesses_in, name)
        return identity

    def _is_guess(self, credentials: Credentials) -> bool:
        """Whether it counts as a wrong key, if it is wrong.

        What cannot be a key might be the administrator's. Nobody guesses sessions: where one has
        ended, the browsers of a whole office may come back with it.
        """
        might_be_admin = credentials.has_other_key and bool(self._admin_digest)
        return credentials.key is not None or might_be_admin

    async def _check_guessing(self, bucket: str) -> None:
        """Whoever guesses gets no answer any more, right or wrong, unless it is known already."""
        wrong = f"wrong.{bucket}"
        if self._limits.is_exhausted(wrong, self._rules.wrong_keys_per_minute):
            await self._limits.hit(wrong, self._rules.wrong_keys_per_minute, MINUTE_SECONDS)

    async def _was_wrong(self, guesses_in: str | None, name: str) -> NoReturn:
        if guesses_in is not None:
            limit = self._rules.wrong_keys_per_minute
            await self._limits.hit(f"wrong.{guesses_in}", limit, MINUTE_SECONDS)
        message = "The key or session is unknown, revoked or expired."
        raise unauthorized("invalid_key", message, name)

    def _may_be_key(self, text: str) -> bool:
        return could_be_key(text) or self._is_admin(text)

    def _is_admin(self, key: str | None) -> bool:
        if key is None or not self._admin_digest:
            return False
        return is_same(digest_of(key), self._admin_digest)

    def _check_origin(self, credentials: Credentials) -> None:
        rules, origin = self._rules, credentials.origin
        if origin is None:
            return
        # A browser adds sessions by itself, but nobody's key: with that an Origin protects nobody.
        if credentials.key and credentials.session_key is None and rules.any_origin_with_key:
            return
        if is_allowed(origin, credentials.own_host, rules.allowed_origins):
            return
        allowed = ", ".join(("the own host", *rules.allowed_origins))
        raise _bad_origin(origin, f"allowed: {allowed}")


def _token_of(credentials: Credentials) -> str:
    """What to look up; empty for what cannot be anybody's. A key goes before a session."""
    if credentials.key is not None:
        return KEY + digest_of(credentials.key)
    if credentials.session_key is None:
        if credentials.has_other_key:
            return ""
        raise unauthorized("missing_key", "An API key is needed.")
    # A browser sends cookies along whoever wrote the page: only its Origin tells.
    if credentials.origin is None:
        raise unauthorized("missing_origin", "A session counts only with an Origin.")
    if not is_web_origin(credentials.origin):
        raise _bad_origin(credentials.origin, "a session counts only with a web page's")
    return SESSION + credentials.session_key if credentials.is_plausible_session else ""


def _bad_origin(origin: str, why: str) -> Refused:
    return Refused(
        403,
        "origin_not_allowed",
        "This page's origin may not connect.",
        detail=f"origin {origin[:100]!r}, {why}",
    )
