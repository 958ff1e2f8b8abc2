"""The dashboard when connections end, and when only users may connect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.dashboard.visits import AROUND_THE_CLOCK, Visit, visit
from tests.e2e.security.installation import PASSWORD, Installation, sql_time
from tests.processes import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Connects with the client alone; resolves to the first event of a kind.
FIRST = """async ([endpoint, options, kind]) => {
  const { connect } = await import("/static/dashboard/financequery.js");
  const stream = connect(endpoint, options);
  const { detail } = await new Promise((resolve) => stream.addEventListener(kind, resolve));
  stream.close();
  return detail;
}"""

ENDED = """async ([endpoint, options]) => {
  const { connect } = await import("/static/dashboard/financequery.js");
  const stream = connect(endpoint, options);
  return await new Promise((resolve) => stream.addEventListener("state", ({ detail }) => {
    window.isOpen ||= detail.state === "open";
    if (["waiting", "closed"].includes(detail.state)) {
      resolve(detail);
    }
  }));
}"""
PAUSES = """async () => {
  const { pauseBeforeReturn } = await import("/static/dashboard/financequery.js");
  const of = (code, failures) =>
    Array.from({ length: 50 }, () => pauseBeforeReturn(code, failures));
  return {
    restart: of(1012, 0), first: of(1006, 0), later: of(1006, 20), quota: of(4429, 0),
    ended: [1000, 4401].map((code) => pauseBeforeReturn(code, 0)),
  };
}"""
LIMITS = {
    "restart": (500, 3000),
    "first": (500, 1000),
    "later": (500, 30_000),
    "quota": (15_000, 30_000),
}

# A name of its own makes it a module of its own, which has not asked yet.
IS_OVER = """async (name) => {
  const { isSessionOver } = await import(`/static/dashboard/session.js?${name}`);
  return await isSessionOver();
}"""


async def test_it_comes_back_when_the_server_does(browser: Browser) -> None:
    options = {"REFRESH_SECONDS": "0.5", "DRAIN_SECONDS": "0"}
    with Server(**options) as first:
        port, url = first.port, f"http://{first.address}/"
        async with visit(browser) as visited:
            await visited.open(url)
            first.stop(SIGKILL)
            await visited.page.wait_for_selector("#connection[data-state=waiting]")
            with Server("--port", str(port), **options) as second:
                await visited.is_live()
                await visited.changes(AROUND_THE_CLOCK)
                visited.forgive("ERR_CONNECTION_REFUSED")
                async with visit(browser) as other:
                    await other.page.goto(f"{url}login/")
                    ended = await other.begin(ENDED, ["/hours", {}])
                    second.send(SIGTERM)
                    assert await ended == {"state": "waiting", "code": 1012}
            await visited.page.wait_for_selector("#connection[data-state=waiting]")
            await visited.page.goto("about:blank")
            visited.forgive("WebSocket")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made: Installation = Installation(Path(tmp_path_factory.mktemp("page")) / "db.sqlite3")
    made.prepare()
    return made


@pytest.fixture(scope="module")
def server(installation: Installation) -> Iterator[Server]:
    with installation.serve(DRAIN_SECONDS="0") as running:
        yield running


async def log_in(visited: Visit) -> None:
    await visited.page.fill("[name=username]", "alice")
    await visited.page.fill("[name=password]", PASSWORD)
    await visited.page.click("main button[type=submit]")


async def test_with_security_users_log_in_and_are_told_when_it_is_over(
    browser: Browser, server: Server
) -> None:
    async with visit(browser) as visited:
        await visited.page.goto(f"http://{server.address}/")
        assert visited.page.url.endswith("/login/?next=/")
        await log_in(visited)
        await visited.is_live()
        assert await visited.page.evaluate(IS_OVER, "before") is False
        token = await visited.page.input_value("[name=csrfmiddlewaretoken]")
        await visited.page.context.request.post(
            f"http://{server.address}/logout/", form={"csrfmiddlewaretoken": token}
        )
        await visited.page.wait_for_selector("#notice:visible")
        assert await visited.texts("#connection [data-part=state]") == ["Signed out"]
        # A browser does not tell its scripts why a handshake was refused: they ask.
        assert await visited.page.evaluate(IS_OVER, "after") is True
        await visited.page.click("text=Log in again")
        await visited.page.wait_for_selector("[name=password]")


async def test_the_client_brings_a_key_as_a_subprotocol(
    browser: Browser, installation: Installation, server: Server
) -> None:
    key = installation.add_key(max_symbols=2)
    async with visit(browser) as visited:
        await visited.page.goto(f"http://{server.address}/login/")
        options = {"key": key, "symbols": "msft, AAPL"}
        message = await visited.page.evaluate(FIRST, ["/quotes", options, "message"])
        assert [quote["symbol"] for quote in message["data"]] == ["AAPL", "MSFT"]
        limits = await visited.page.evaluate(FIRST, ["/hours", {"key": key}, "metadata"])
        assert limits["rate_limit"] == 8000
        too_many = {"key": key, "symbols": "A,B,C"}
        error = await visited.page.evaluate(FIRST, ["/quotes", too_many, "error"])
        assert error["code"] == "too_many_symbols"


async def test_a_key_that_is_revoked_does_not_come_back(
    browser: Browser, installation: Installation, server: Server
) -> None:
    key = installation.add_key()
    async with visit(browser) as visited:
        await visited.page.goto(f"http://{server.address}/login/")
        ended = await visited.begin(ENDED, ["/hours", {"key": key}])
        installation.sql("UPDATE streams_apikey SET revoked_at = ?", sql_time(0))
        assert await ended == {"state": "closed", "code": 4401}


async def test_pauses_are_random_and_fit_the_close_code(browser: Browser, server: Server) -> None:
    async with visit(browser) as visited:
        await visited.page.goto(f"http://{server.address}/login/")
        pauses: dict[str, Any] = await visited.page.evaluate(PAUSES)
    assert pauses.pop("ended") == [None, None]
    assert pauses.keys() == LIMITS.keys()
    for name, (shortest, longest) in LIMITS.items():
        assert len(set(pauses[name])) > 40
        assert all(shortest <= pause <= longest for pause in pauses[name])
