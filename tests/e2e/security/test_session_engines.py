"""Sockets and pages of projects that keep their sessions elsewhere than in a table."""

from __future__ import annotations

import asyncio
import re

import pytest
from websockets.asyncio.client import connect

from tests.e2e.security.installation import Browser, Installation, closing_code, code_of, refusal
from tests.e2e.security.messages import receive


@pytest.mark.parametrize("engine", ["cache", "signed_cookies"])
async def test_a_session_opens_sockets_until_its_user_logs_out(
    prepared: Installation, tmp_path_factory: pytest.TempPathFactory, engine: str
) -> None:
    folder = tmp_path_factory.mktemp(engine)
    place = prepared.copy(
        folder / "db.sqlite3",
        DJANGO_SETTINGS_MODULE="tests.e2e.security.other_sessions",
        TEST_SESSION_ENGINE=engine,
    )
    with place.serve() as server:
        browser = Browser(server)
        await asyncio.to_thread(browser.log_in, "alice")
        headers = {"Cookie": browser.cookie, "Origin": f"http://{server.address}"}
        async with connect(server.url("/hours"), additional_headers=headers) as socket:
            for _ in range(4):  # past a recheck
                assert await receive(socket)
            page = await asyncio.to_thread(browser.get, "/")
            [token, *_] = re.findall(r'csrfmiddlewaretoken" value="([^"]+)"', page)
            await asyncio.to_thread(browser.send, "/logout/", csrfmiddlewaretoken=token)
            assert await asyncio.wait_for(closing_code(socket), 30) == 4401
        if engine != "signed_cookies":  # a copy of such a cookie stays good: streams.W002
            response = await refusal(server.url("/hours"), additional_headers=headers)
            assert code_of(response) == "invalid_key"
    assert "Traceback" not in server.output
