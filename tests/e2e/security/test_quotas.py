"""As much as a key or an address may, and no more."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.security.installation import (
    ADMIN_KEY,
    Installation,
    code_of,
    refusal,
    with_key,
)
from tests.e2e.security.messages import metadata_of, receive, refusal_of_key
from tests.processes import Server


async def test_more_connections_than_a_day_has_are_answered_with_429(
    server: Server, place: Installation
) -> None:
    key = place.add_key(connections_per_day=2)
    for remaining in (1, 0):
        async with with_key(server.url("/hours"), key) as socket:
            assert metadata_of(await receive(socket))["remaining_requests"] == remaining
    response = await refusal_of_key(server, key)
    assert (response.status_code, code_of(response)) == (429, "over_quota")
    assert 86_000 < int(response.headers["retry-after"]) <= 86_400


async def test_more_connections_than_at_once_are_answered_with_429_until_one_ends(
    server: Server, place: Installation
) -> None:
    key = place.add_key(max_connections=2)
    async with with_key(server.url("/hours"), key):
        async with with_key(server.url("/market"), key):
            response = await refusal_of_key(server, key)
            assert (response.status_code, code_of(response)) == (429, "too_many_connections")
            assert int(response.headers["retry-after"]) > 0
        await until_accepted(server, key)


async def until_accepted(server: Server, key: str) -> None:
    """The server hears of a client's end a moment after the client."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(InvalidStatus):
                async with with_key(server.url("/hours"), key) as socket:
                    assert await receive(socket)
                    return


async def test_more_symbols_than_the_key_may_follow_are_an_error(
    server: Server, place: Installation
) -> None:
    async with with_key(server.url("/quotes"), place.add_key(max_symbols=2)) as socket:
        await socket.send("AAPL,MSFT,NVDA")
        assert (await receive(socket))["error"]["code"] == "too_many_symbols"
        await socket.send("AAPL,MSFT")
        message = await receive(socket)
    assert message[0]["metadata"], "an error is not the first message"
    assert len(message) == 3


async def test_more_symbols_than_one_may_name_in_an_hour_are_counted_by_key(
    installation: Installation,
) -> None:
    keys = [installation.add_key() for _ in range(2)]
    with installation.serve(MAX_SYMBOLS_PER_HOUR="2") as server:
        for key in (*keys, ADMIN_KEY):
            async with with_key(server.url("/quotes"), key) as socket:
                await socket.send("AAPL,MSFT")
                assert isinstance(await receive(socket), list)
                await socket.send("NVDA")
                answer = await receive(socket)
                assert isinstance(answer, list) == (key == ADMIN_KEY), "it is unlimited"


@pytest.mark.parametrize(
    ("form", "other"), [("203.0.113.{}:51234", "198.51.100.7:1"), ("[2001:db8:{}::1]:443", "::1")]
)
async def test_a_strangers_wrong_keys_lock_out_nobody_whatever_the_proxy_writes(
    installation: Installation, tmp_path: Path, form: str, other: str
) -> None:
    log = tmp_path / "access.log"
    limits = {"MAX_WRONG_KEYS_PER_MINUTE": "2", "TRUSTED_PROXY_HOPS": "1"}
    with installation.serve("--access-log", str(log), **limits) as server:
        stranger = {"X-Forwarded-For": form.format("7"), "x-api-key": "wrong"}
        answers = [await refusal(server.url("/hours"), additional_headers=stranger) for _ in "123"]
        assert [answer.status_code for answer in answers] == [401, 401, 429]
        neighbour = {"X-Forwarded-For": other, "x-api-key": "wrong"}
        answer = await refusal(server.url("/hours"), additional_headers=neighbour)
        assert answer.status_code == 401
    address = form.format("7").rpartition(":")[0].strip("[]")
    assert f"the last from {address}" in server.output
    assert log.read_text().startswith(f"{address} - - [")


@pytest.mark.parametrize(("hops", "statuses"), [("0", [401, 401, 429, 429]), ("1", [401] * 4)])
async def test_forged_addresses_do_not_get_around_the_limit_of_an_address(
    installation: Installation, hops: str, statuses: list[int]
) -> None:
    limits = {"MAX_HANDSHAKES_PER_MINUTE": "2", "TRUSTED_PROXY_HOPS": hops}
    with installation.serve(**limits) as server:
        answers = []
        for number in range(4):
            headers = {"X-Forwarded-For": f"1.1.1.1, 10.0.0.{number}", "x-api-key": "wrong"}
            answers.append(await refusal(server.url("/hours"), additional_headers=headers))
        assert [answer.status_code for answer in answers] == statuses
        async with with_key(server.url("/hours"), ADMIN_KEY) as socket:
            assert await receive(socket), "whoever runs the service gets in"
    if hops == "0":
        assert int(answers[-1].headers["retry-after"]) <= 60
