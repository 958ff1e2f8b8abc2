"""Sessions of users, and the pages that may use them."""

from __future__ import annotations

import asyncio
import contextlib
from http.client import HTTPConnection

import pytest
from websockets.asyncio.client import connect

from tests.e2e.security.installation import (
    Browser,
    Installation,
    code_of,
    refusal,
)
from tests.e2e.security.messages import metadata_of, receive
from tests.processes import Server


@pytest.fixture(scope="module")
def alice(server: Server, secrets: list[str]) -> Browser:
    browser = Browser(server)
    browser.log_in("alice")
    secrets.append(browser.session_key)
    return browser


def as_page(browser: Browser, **headers: str) -> dict[str, str]:
    return {"Cookie": browser.cookie, **headers}


async def test_a_session_counts_with_the_own_origin(server: Server, alice: Browser) -> None:
    headers = as_page(alice, Origin=f"http://{server.address}")
    async with connect(server.url("/hours"), additional_headers=headers) as socket:
        assert metadata_of(await receive(socket))["rate_limit"] == 8000


@pytest.mark.parametrize(
    "others",
    [
        'g_state={"i_l":0}; {}',
        "foo=a b; {}",
        "bare; {}",
        "a[0]=1; {}",
        "path=/x; {}",
        "{}; path=/x",
    ],
)
async def test_a_page_and_its_sockets_find_the_same_session_among_other_cookies(
    server: Server, alice: Browser, others: str
) -> None:
    cookie = others.replace("{}", alice.cookie)
    page = await asyncio.to_thread(get_page, server, cookie)
    assert "Log out" in page
    headers = {"Cookie": cookie, "Origin": f"http://{server.address}"}
    async with connect(server.url("/hours"), additional_headers=headers) as socket:
        assert await receive(socket)


async def test_cookies_that_a_proxy_left_in_two_headers_are_one_list_for_both(
    server: Server, alice: Browser
) -> None:
    cookies = [("Cookie", "theme=dark"), ("Cookie", alice.cookie)]
    page = await asyncio.to_thread(get_page, server, *(value for _, value in cookies))
    assert "Log out" in page
    headers = [*cookies, ("Origin", f"http://{server.address}")]
    async with connect(server.url("/hours"), additional_headers=headers) as socket:
        assert await receive(socket)


def get_page(server: Server, *cookies: str) -> str:
    """The page at / for whoever sends these Cookie headers."""
    connection = HTTPConnection(server.address, timeout=60)
    connection.putrequest("GET", "/")
    for cookie in cookies:
        connection.putheader("Cookie", cookie)
    connection.endheaders()
    with contextlib.closing(connection):
        return connection.getresponse().read().decode()


async def test_a_proxys_own_bearer_does_not_matter_beside_a_session(
    server: Server, alice: Browser
) -> None:
    headers = as_page(
        alice, Origin=f"http://{server.address}", Authorization="Bearer eyJh.eyJz.c2ln"
    )
    async with connect(server.url("/hours"), additional_headers=headers) as socket:
        assert await receive(socket)


async def test_a_session_without_an_origin_is_no_session(server: Server, alice: Browser) -> None:
    response = await refusal(server.url("/hours"), additional_headers=as_page(alice))
    assert (response.status_code, code_of(response)) == (401, "missing_origin")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "http://127.0.0.1:1",
        "x",
        "",
    ],
)
async def test_a_foreign_origin_is_refused_whatever_comes_with_it(
    server: Server, alice: Browser, key: str, origin: str
) -> None:
    for headers in (as_page(alice, Origin=origin), {"x-api-key": key, "Origin": origin}):
        response = await refusal(server.url("/hours"), additional_headers=headers)
        assert (response.status_code, code_of(response)) == (403, "origin_not_allowed")


async def test_origins_may_be_listed_and_a_refusal_says_which_are(
    installation: Installation,
) -> None:
    key = installation.add_key()
    origins = "https://App.example:443,http://localhost:3000,capacitor://localhost,null"
    sent = ("https://app.example", "http://localhost:3000", "capacitor://localhost", "null")
    with installation.serve(ALLOWED_ORIGINS=origins) as server:
        browser = Browser(server)
        await asyncio.to_thread(browser.log_in, "alice")
        for origin in (*sent, f"http://{server.address}"):
            headers = {"x-api-key": key, "Origin": origin}
            async with connect(server.url("/hours"), additional_headers=headers) as socket:
                assert await receive(socket)
        headers["Origin"] = "https://evil.example"
        assert (await refusal(server.url("/hours"), additional_headers=headers)).status_code == 403
        said = (
            r"the last from 127\.0\.0\.1 \(origin 'https://evil\.example', allowed: the own host, "
        )
        await asyncio.to_thread(server.wait_for, said + "https://app.example, http")
        for origin in ("capacitor://localhost", "null"):
            headers = as_page(browser, Origin=origin)
            response = await refusal(server.url("/hours"), additional_headers=headers)
            assert response.status_code == 403, "a session needs a web page's origin"


async def test_with_a_key_any_origin_may_be_accepted(installation: Installation) -> None:
    key = installation.add_key()
    with installation.serve(ANY_ORIGIN_WITH_KEY="1") as server:
        for origin in ("https://evil.example", "null", "chrome-extension://abcdef"):
            headers = {"x-api-key": key, "Origin": origin}
            async with connect(server.url("/hours"), additional_headers=headers) as socket:
                assert await receive(socket)
            del headers["x-api-key"]
            response = await refusal(server.url("/hours"), additional_headers=headers)
            assert response.status_code == 403


async def test_the_session_of_a_user_who_is_not_active_is_refused(
    server: Server, place: Installation
) -> None:
    browser = Browser(server)
    browser.log_in("bob")
    place.sql("UPDATE auth_user SET is_active = 0 WHERE username = 'bob'")
    headers = as_page(browser, Origin=f"http://{server.address}")
    response = await refusal(server.url("/hours"), additional_headers=headers)
    assert (response.status_code, code_of(response)) == (401, "invalid_key")


async def test_invented_sessions_are_refused(server: Server) -> None:
    for cookie in (
        "sessionid=abcdefghijklmnopqrstuvwxyz012345",
        "sessionid=",
        "sessionid;;=;",
        "x",
    ):
        headers = {"Cookie": cookie, "Origin": f"http://{server.address}"}
        response = await refusal(server.url("/hours"), additional_headers=headers)
        assert response.status_code in (400, 401)


def test_the_page_asks_for_a_login(server: Server, alice: Browser) -> None:
    assert "Log in" in Browser(server).get("/")
    page = alice.get("/")
    assert 'id="watchlist"' in page
    assert "Log out" in page
