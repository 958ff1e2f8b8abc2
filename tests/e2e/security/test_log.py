"""What an operator reads: whether security is on, who connected, who was refused or put out."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import connect

from tests.e2e.operations import fetch
from tests.e2e.security.installation import Installation, refusal, sql_time, with_key
from tests.processes import Server


async def test_the_log_says_who_may_connect_and_names_keys_by_their_prefix(
    installation: Installation,
) -> None:
    good, full, old = (
        installation.add_key(),
        installation.add_key(max_connections=0),
        installation.add_key(expires_at=sql_time(-1)),
    )
    with installation.serve(LOG_LEVEL="DEBUG") as server:
        server.wait_for("only who has a key or a session may connect")
        url = server.url("/hours")
        for key, status in [(full, 429), (old, 401)]:
            assert (await refusal(url, additional_headers={"x-api-key": key})).status_code == status
            await server.seen(rf"Handshakes refused with {status} .*: 1, .*\(key {key[:11]}\)$")
        async with with_key(url, good) as socket:
            await socket.recv()
            await server.seen(r"\[\S+\] /hours opened")
            installation.sql("UPDATE streams_apikey SET revoked_at = created_at")
            await server.seen(rf"Connections ended, .* valid any more: 1 of key {good[:11]}$")
            await socket.wait_closed()
        await server.seen(r"\[\S+\] /hours closed with 4401")
    for key in (good, full, old):
        assert key not in server.output


def test_the_log_says_that_everybody_may_connect() -> None:
    with Server() as server:
        server.wait_for(r"everybody may connect \(USE_SECURITY is off\)")


async def test_the_access_log_has_requests_and_sockets_without_their_queries() -> None:
    with Server("--access-log", "-") as server:
        async with connect(server.url("/hours?key=s3cret")) as socket:
            await socket.recv()
        answer = await asyncio.to_thread(fetch, server, "/asyncapi.json?key=s3cret")
        assert answer.status == 200
        await server.seen(r'"GET /asyncapi.json" 200')
    assert '"WSCONNECT /hours"' in server.output
    assert "s3cret" not in server.output
