"""Who is at the door: which credential counts, and what is counted as guessing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.identification import Identifier, Rules
from streams.identities import ADMIN, KEY, SESSION, Identity
from streams.keys import digest_of, generate_key
from streams.limits import MemoryLimits, OverLimit
from streams.lookups import Lookups
from streams.refusals import Refused

VALID = generate_key().text
SESSION_KEY = "abcdefghijklmnopqrstuvwxyz012345"
ADMIN_KEY = "an administrator's key"
JWT = ("authorization", "Bearer eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl")
BASIC = ("authorization", "Basic cHJveHk6cHJveHk=")
COOKIE = ("cookie", f"sessionid={SESSION_KEY}")
OWN = ("origin", "http://localhost")
WRONG_KEYS = 3

WHO = {
    KEY + digest_of(VALID): Identity("key.1", None, frozenset(), 1),
    SESSION + SESSION_KEY: Identity("session.1", None, frozenset(), 1),
}
RULES = Rules(
    ADMIN_KEY, 1000, WRONG_KEYS, (), any_origin_with_key=False, session_cookie="sessionid"
)


def build(**changes: Any) -> Identifier:
    lookups = Lookups(lambda tokens: {t: WHO[t] for t in tokens if t in WHO})
    return Identifier(lookups, MemoryLimits(), msgspec.structs.replace(RULES, **changes))


async def who(identifier: Identifier, *headers: tuple[str, str]) -> str:
    """Who it is, or the code of the refusal."""
    encoded = [(n.encode(), v.encode("latin-1")) for n, v in (("host", "localhost"), *headers)]
    try:
        return (await identifier.identify({"headers": encoded}, "127.0.0.1")).who
    except Refused as refused:
        return refused.code
    except OverLimit as error:
        return error.code


@pytest.mark.parametrize(
    "other", [JWT, BASIC, ("authorization", "Negotiate YIIZ"), ("x-api-key", "proxys")]
)
async def test_what_cannot_be_a_key_does_not_count_beside_what_can(other: tuple[str, str]) -> None:
    identifier = build()
    for _ in range(WRONG_KEYS + 2):
        assert await who(identifier, ("x-api-key", VALID), other) == "key.1"
        assert await who(identifier, COOKIE, OWN, other) == "session.1"
        assert await who(identifier, ("x-api-key", ADMIN_KEY), other) == ADMIN
    assert await who(identifier, ("x-api-key", generate_key().text)) == "invalid_key"


async def test_two_that_could_be_keys_are_ambiguous() -> None:
    keys = (VALID, generate_key().text, ADMIN_KEY)
    for one, other in ((keys[0], keys[1]), (keys[0], keys[2])):
        headers = ("x-api-key", one), ("authorization", f"Bearer {other}")
        assert await who(build(), *headers) == "ambiguous_key"


async def test_a_key_goes_before_a_session() -> None:
    unknown = ("x-api-key", generate_key().text)
    assert await who(build(), unknown, COOKIE, OWN) == "invalid_key"


async def test_what_cannot_be_a_key_is_no_guess_where_there_is_nothing_to_guess() -> None:
    identifier = build(admin_key="")
    for _ in range(WRONG_KEYS + 2):
        assert await who(identifier, JWT) == "invalid_key"
    assert await who(identifier, ("x-api-key", VALID)) == "key.1"


async def test_nobody_can_go_on_guessing_the_administrators_key() -> None:
    identifier = build()
    for n in range(WRONG_KEYS):
        assert await who(identifier, ("x-api-key", f"guess {n}")) == "invalid_key"
    assert await who(identifier, ("x-api-key", "guess")) == "too_many_handshakes"
    assert await who(identifier, ("x-api-key", ADMIN_KEY)) == "too_many_handshakes"


async def test_ended_sessions_lock_nobody_out() -> None:
    identifier = build()
    ended = ("cookie", "sessionid=of-yesterday-and-no-more")
    for _ in range(WRONG_KEYS + 2):
        assert await who(identifier, ended, OWN) == "invalid_key"
    assert await who(identifier, ("x-api-key", VALID)) == "key.1"


async def test_whoever_guesses_a_key_locks_no_session_out() -> None:
    identifier = build()
    for _ in range(WRONG_KEYS + 2):
        await who(identifier, ("x-api-key", generate_key().text))
    assert await who(identifier, ("x-api-key", VALID)) == "too_many_handshakes"
    assert await who(identifier, COOKIE, OWN) == "session.1"


async def test_an_invented_session_hides_no_guess() -> None:
    identifier = build()
    invented = ("cookie", "sessionid=invented-by-somebody")
    for n in range(WRONG_KEYS):
        assert await who(identifier, ("x-api-key", f"guess {n}"), invented, OWN) == "invalid_key"
    assert await who(identifier, ("x-api-key", ADMIN_KEY)) == "too_many_handshakes"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "capacitor://localhost", ""])
async def test_a_key_may_come_from_any_origin_where_the_setting_says_so(origin: str) -> None:
    key, page = ("x-api-key", VALID), ("origin", origin)
    assert await who(build(), key, page) == "origin_not_allowed"
    open_to_all = build(any_origin_with_key=True)
    assert await who(open_to_all, key, page) == "key.1"
    assert await who(open_to_all, key, page, COOKIE) == "origin_not_allowed"
    assert await who(open_to_all, page, COOKIE) == "origin_not_allowed"
    assert await who(open_to_all, page) == "origin_not_allowed"


async def test_a_session_needs_a_web_origin_whatever_is_listed() -> None:
    listed = ("null", "file://", "capacitor://localhost", "https://app.example")
    identifier = build(allowed_origins=listed)
    for origin in listed:
        assert await who(identifier, ("x-api-key", VALID), ("origin", origin)) == "key.1"
    assert await who(identifier, COOKIE, ("origin", "https://app.example")) == "session.1"
    for origin in listed[:-1]:
        assert await who(identifier, COOKIE, ("origin", origin)) == "origin_not_allowed"
