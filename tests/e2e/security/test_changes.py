"""Changes of who may connect, made in the admin and elsewhere, on connections that are open."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.e2e.operations import eventually, scrape, total, until_ready
from tests.e2e.security.installation import (
    PASSWORD,
    WITHOUT_RECHECK,
    Browser,
    Installation,
    closing_code,
    code_of,
    refusal,
    sql_time,
    with_key,
)
from tests.processes import Server

KEYS = "/admin/streams/apikey/"
SAID = "The database cannot be asked (who may stay)"


@pytest.fixture(scope="module")
def place(prepared: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    database = tmp_path_factory.mktemp("changes") / "db.sqlite3"
    return prepared.copy(database, REFRESH_SECONDS="0.2")


@pytest.fixture(scope="module")
def server(place: Installation) -> Iterator[Server]:
    with place.serve() as server:
        yield server
    assert "Traceback" not in server.output
    assert PASSWORD not in server.output


@pytest.fixture(scope="module")
def attentive(place: Installation) -> Iterator[Server]:
    """A server that ends a connection for nothing but the news of a change."""
    with place.serve(WITHOUT_RECHECK) as server:
        yield server
    assert "Traceback" not in server.output


@pytest.fixture(scope="module")
def root(server: Server) -> Browser:
    browser = Browser(server)
    browser.log_in("root", "/admin/login/")
    return browser


Change = Callable[[Browser, Installation, int], Any]


def by_action(name: str, **fields: Any) -> Change:
    def change(root: Browser, place: Installation, pk: int) -> Any:
        root.post(KEYS, action=name, _selected_action=pk, **fields)

    return change


def by_form(**changes: Any) -> Change:
    def change(root: Browser, place: Installation, pk: int) -> Any:
        fields = {
            "name": "a test's",
            "endpoints": ["profile", "quotes", "market", "hours"],
            "max_connections": 100,
            "connections_per_day": 8000,
            "max_symbols": 200,
        }
        root.post(f"{KEYS}{pk}/change/", **{**fields, **changes})

    return change


def delete(root: Browser, place: Installation, pk: int) -> None:
    root.post(f"{KEYS}{pk}/delete/", post="yes")


CHANGES: dict[str, Change] = {
    "revoked": by_action("revoke", confirmed="yes"),
    "deleted": delete,
    "not for this endpoint any more": by_form(endpoints=["quotes"]),
    "expired": by_form(expires_at_0="2020-01-01", expires_at_1="00:00:00"),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_in_the_admin_closes_connections_with_4401_at_once(
    attentive: Server, place: Installation, name: str
) -> None:
    server, root = attentive, Browser(attentive)
    await asyncio.to_thread(root.log_in, "root", "/admin/login/")
    key, other = place.add_key(), place.add_key()
    async with (
        with_key(server.url("/hours"), key) as socket,
        with_key(server.url("/hours"), other) as bystander,
    ):
        await socket.recv()
        await asyncio.to_thread(CHANGES[name], root, place, place.id_of(key))
        assert await asyncio.wait_for(closing_code(socket), 30) == 4401
        assert await bystander.recv()
        assert await bystander.recv()
    response = await refusal(server.url("/hours"), additional_headers={"x-api-key": key})
    assert response.status_code in (401, 403)


async def test_who_is_disconnected_may_come_back(
    server: Server, place: Installation, root: Browser
) -> None:
    key = place.add_key()
    disconnect = by_action("disconnect_now")
    async with with_key(server.url("/hours"), key) as socket:
        await socket.recv()
        await asyncio.to_thread(disconnect, root, place, place.id_of(key))
        assert await asyncio.wait_for(closing_code(socket), 30) == 4410
    async with with_key(server.url("/hours"), key) as socket:
        assert await socket.recv()


async def test_a_key_that_expires_closes_its_connections(
    server: Server, place: Installation
) -> None:
    key = place.add_key(expires_at=sql_time(1))
    async with with_key(server.url("/hours"), key) as socket:
        assert await asyncio.wait_for(closing_code(socket), 30) == 4401


async def test_a_change_that_nobody_announced_is_found(server: Server, place: Installation) -> None:
    key = place.add_key()
    async with with_key(server.url("/hours"), key) as socket:
        await socket.recv()
        place.sql("DELETE FROM streams_apikey WHERE id = ?", place.id_of(key))
        assert await asyncio.wait_for(closing_code(socket), 30) == 4401
    response = await refusal(server.url("/hours"), additional_headers={"x-api-key": key})
    assert code_of(response) == "invalid_key"


async def test_a_revocation_while_sends_are_under_way_closes_every_connection(
    server: Server, place: Installation, root: Browser
) -> None:
    key = place.add_key()
    sockets = [await with_key(server.url("/quotes"), key) for _ in range(40)]
    symbols = ",".join(f"SIM{n:04}" for n in range(1, 200))
    for socket in sockets:
        await socket.send(symbols)
    await sockets[0].recv()
    closing = [asyncio.create_task(closing_code(socket)) for socket in sockets]
    change = CHANGES["revoked"]
    await asyncio.to_thread(change, root, place, place.id_of(key))
    codes = await asyncio.wait_for(asyncio.gather(*closing), 30)
    assert set(codes) == {4401}


# --- Users --------------------------------------------------------------------------------


def page_of(server: Server, username: str) -> tuple[Browser, connect]:
    browser = Browser(server)
    browser.log_in(username)
    headers = {"Cookie": browser.cookie, "Origin": f"http://{server.address}"}
    return browser, connect(server.url("/hours"), additional_headers=headers)


async def closes(socket: ClientConnection) -> bool:
    return await asyncio.wait_for(closing_code(socket), 30) == 4401


async def test_logging_out_closes_the_sockets_of_that_session_only(server: Server) -> None:
    browser, connection = await asyncio.to_thread(page_of, server, "alice")
    _, elsewhere = await asyncio.to_thread(page_of, server, "alice")
    async with connection as socket, elsewhere as other:
        await socket.recv()
        await asyncio.to_thread(log_out, browser)
        assert await closes(socket)
        assert await other.recv()
        assert await other.recv()


def log_out(browser: Browser) -> None:
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', browser.get("/"))
    assert token
    browser.send("/logout/", csrfmiddlewaretoken=token[1])


async def test_a_user_who_is_deactivated_loses_sockets_of_session_and_key(
    server: Server, place: Installation, root: Browser
) -> None:
    [(pk,)] = place.sql("SELECT id FROM auth_user WHERE username = 'carol'")
    key = place.add_key(owner_id=pk)
    _, connection = await asyncio.to_thread(page_of, server, "carol")
    async with connection as socket, with_key(server.url("/hours"), key) as own:
        await socket.recv()
        await own.recv()
        fields = {"username": "carol", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
        await asyncio.to_thread(root.post, f"/admin/auth/user/{pk}/change/", **fields)
        assert await closes(socket)
        assert await closes(own)


async def test_a_changed_password_closes_the_sockets_of_old_sessions(
    server: Server, place: Installation, root: Browser
) -> None:
    [(pk,)] = place.sql("SELECT id FROM auth_user WHERE username = 'dave'")
    _, connection = await asyncio.to_thread(page_of, server, "dave")
    async with connection as socket:
        await socket.recv()
        passwords = dict.fromkeys(("password1", "password2"), "another-passphrase-of-his")
        await asyncio.to_thread(root.post, f"/admin/auth/user/{pk}/password/", **passwords)
        assert await closes(socket)


# --- The admin ----------------------------------------------------------------------------


async def test_a_key_made_in_the_admin_is_shown_once_and_works(
    server: Server, place: Installation, root: Browser
) -> None:
    fields = {
        "name": "made in the admin",
        "endpoints": ["hours"],
        "max_connections": 3,
        "connections_per_day": 5,
        "max_symbols": 2,
    }
    page = await asyncio.to_thread(root.post, f"{KEYS}add/", **fields)
    [key] = re.findall(r"fq_[0-9a-f]{8}_[\w-]{43}", page)
    async with with_key(server.url("/hours"), key) as socket:
        assert '"remaining_requests":4' in str(await socket.recv())
        listed = await asyncio.to_thread(root.get, f"{KEYS}?q=made")
        assert "1/3" in listed
        assert "1/5" in listed
    pk = place.id_of(key)
    for path in (KEYS, f"{KEYS}{pk}/change/", f"{KEYS}{pk}/history/"):
        assert key not in await asyncio.to_thread(root.get, path)
    assert key not in server.output


async def test_rotation_makes_a_second_key_that_works_beside_the_first(
    server: Server, place: Installation, root: Browser
) -> None:
    key = place.add_key(endpoints='["hours"]')
    pk = place.id_of(key)
    page = await asyncio.to_thread(
        root.post, KEYS, action="rotate", _selected_action=pk, confirmed="yes", hours=1
    )
    [successor] = re.findall(r"fq_[0-9a-f]{8}_[\w-]{43}", page)
    for working in (key, successor):
        async with with_key(server.url("/hours"), working) as socket:
            assert await socket.recv()
    [(expires_at,)] = place.sql("SELECT expires_at FROM streams_apikey WHERE id = ?", pk)
    assert sql_time(3500) < expires_at < sql_time(3700)


# --- The database -------------------------------------------------------------------------


async def test_while_the_database_is_down_known_keys_work_and_others_get_503(
    server: Server, place: Installation
) -> None:
    known, unknown = place.add_key(), place.add_key()
    async with with_key(server.url("/hours"), known) as staying:
        await staying.recv()
        place.sql("ALTER TABLE streams_apikey RENAME TO away")
        try:
            async with with_key(server.url("/hours"), known) as socket:
                assert await socket.recv()
            for key in (unknown, "fq_00000000_" + "A" * 43):
                headers = {"x-api-key": key}
                response = await refusal(server.url("/hours"), additional_headers=headers)
                assert (response.status_code, code_of(response)) == (503, "unavailable")
                assert int(response.headers["retry-after"]) > 0
            await asyncio.sleep(1.6)
            assert await staying.recv(), "who is in stays in"
        finally:
            place.sql("ALTER TABLE away RENAME TO streams_apikey")
    async with with_key(server.url("/hours"), unknown) as socket:
        assert await socket.recv()


async def test_while_nobody_can_look_who_may_stay_readyz_and_a_metric_say_so(
    server: Server, place: Installation
) -> None:
    def blind_seconds() -> float:
        return total(scrape(server), "streams_validation_blind_seconds")

    key = place.add_key()
    async with with_key(server.url("/hours"), key) as staying:
        await staying.recv()
        await eventually(blind_seconds, lambda seconds: seconds == 0)
        said = server.output.count(SAID)
        place.sql("ALTER TABLE streams_apikey RENAME TO away")
        try:
            readiness = await until_ready(server, is_ready=False)
            assert "validation: who is connected cannot be looked at" in str(readiness["reasons"])
            assert blind_seconds() > 0
            assert await staying.recv()
        finally:
            place.sql("ALTER TABLE away RENAME TO streams_apikey")
        await until_ready(server)
        await eventually(blind_seconds, lambda seconds: seconds == 0)
    assert server.output.count(SAID) == said + 1
