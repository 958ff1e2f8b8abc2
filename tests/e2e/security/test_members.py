"""A project whose users are not Django's: known by an address, always active, with UUIDs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect

from tests.e2e.operations import fetch
from tests.e2e.security.installation import (
    PASSWORD,
    Browser,
    Installation,
    closing_code,
    code_of,
    refusal,
    with_key,
)
from tests.processes import Server

KEYS = "/admin/streams/apikey/"
MEMBER = f"""
from tests.members.models import Member
for name in ("ann", "ben"):
    member = Member(email=name + "@example.com")
    member.set_password({PASSWORD!r})
    member.save()
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    database = tmp_path_factory.mktemp("members") / "db.sqlite3"
    place = Installation(database, DJANGO_SETTINGS_MODULE="tests.members.settings")
    place.manage("migrate", "--run-syncdb", "--verbosity", "0")
    place.shell(MEMBER)
    return place


@pytest.fixture(scope="module")
def server(place: Installation) -> Iterator[Server]:
    with place.serve() as server:
        yield server
    assert "Traceback" not in server.output


@pytest.fixture(scope="module")
def ann(server: Server) -> Browser:
    browser = Browser(server)
    browser.log_in("ann@example.com")
    return browser


async def test_revocations_and_logouts_end_sockets(
    server: Server, place: Installation, ann: Browser
) -> None:
    [(pk,)] = place.sql("SELECT id FROM members_member WHERE email = 'ben@example.com'")
    key, owned = place.add_key(), place.add_key(owner_id=pk)
    browser = Browser(server)
    await asyncio.to_thread(browser.log_in, "ben@example.com")
    headers = {"Cookie": browser.cookie, "Origin": f"http://{server.address}"}
    async with (
        with_key(server.url("/hours"), key) as revoked,
        with_key(server.url("/hours"), owned) as orphaned,
        connect(server.url("/hours"), additional_headers=headers) as page,
    ):
        for socket in (revoked, orphaned, page):
            await socket.recv()
        await asyncio.to_thread(
            ann.post, KEYS, action="revoke", _selected_action=place.id_of(key), confirmed="yes"
        )
        assert await asyncio.wait_for(closing_code(revoked), 30) == 4401
        place.sql("DELETE FROM streams_apikey WHERE owner_id = ?", pk)
        assert await asyncio.wait_for(closing_code(orphaned), 30) == 4401
        assert await page.recv()
        place.sql("DELETE FROM django_session WHERE session_key = ?", browser.session_key)
        assert await asyncio.wait_for(closing_code(page), 30) == 4401
    response = await refusal(server.url("/hours"), additional_headers={"x-api-key": key})
    assert code_of(response) == "invalid_key"
    answer = await asyncio.to_thread(fetch, server, "/readyz")
    assert answer.json["parts"]["validation"]["ok"]


def test_the_admin_finds_keys_by_their_owners_address(
    server: Server, place: Installation, ann: Browser
) -> None:
    place.manage("create_api_key", "Of Ben", "--owner", "ben@example.com")
    place.manage("create_api_key", "Of nobody")
    page = ann.get(f"{KEYS}?q=ben@example")
    [pk] = re.findall(r"apikey/(\d+)/change/", page)
    assert "Added. On the command line" in ann.get(f"{KEYS}{pk}/history/")
    assert "Of Ben" in page
    assert "Of nobody" not in page
    assert "Of Ben" in ann.get(f"{KEYS}?state=active")
    assert "owner+inactive" not in page, "there is no such state"
    assert "Of Ben" in ann.get(f"{KEYS}?state=owner+inactive")
    assert "Key" in ann.get("/admin/streams/livestreams/")
