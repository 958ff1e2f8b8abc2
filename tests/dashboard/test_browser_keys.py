"""A new key in the admin, in a browser: shown once, whatever is reloaded and gone back to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.dashboard.visits import Visit, visit
from tests.e2e.security.installation import PASSWORD, Installation
from tests.processes import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHOWN = ".new-key"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made: Installation = Installation(Path(tmp_path_factory.mktemp("keys")) / "db.sqlite3")
    made.prepare()
    return made


@pytest.fixture(scope="module")
def server(installation: Installation) -> Iterator[Server]:
    with installation.serve() as running:
        yield running


async def log_in(page: Page, server: Server) -> None:
    await page.goto(f"http://{server.address}/admin/streams/apikey/")
    await page.fill("[name=username]", "root")
    await page.fill("[name=password]", PASSWORD)
    await page.click("[type=submit]")


def number_of_keys(installation: Installation) -> int:
    [(number,)] = installation.sql("SELECT count(*) FROM streams_apikey")
    return int(number)


async def is_shown_once(visited: Visit, installation: Installation, keys: int) -> str:
    """The key; reloading shows it no more, and makes no other."""
    page = visited.page
    key = await page.inner_text(SHOWN)
    assert await page.get_attribute("[role=status]", "class") == "warning"
    assert "Copy the key now" in await page.title()
    await page.reload()
    assert await page.locator(SHOWN).count() == 0
    assert "shown once" in await page.inner_text("[role=status]")
    assert number_of_keys(installation) == keys
    return key


async def test_a_key_is_shown_once_and_reloading_makes_no_other(
    browser: Browser, installation: Installation, server: Server
) -> None:
    async with visit(browser) as visited:
        page = visited.page
        await log_in(page, server)
        await page.click("text=Add API key")
        await page.fill("[name=name]", "Mobile app")
        await page.dblclick("[name=_save]")
        await page.wait_for_selector(SHOWN)
        key = await is_shown_once(visited, installation, keys=1)
        await page.go_back()
        await page.go_forward()
        assert key not in await page.content()
        await page.goto(f"http://{server.address}/admin/streams/apikey/")
        await page.check("[name=_selected_action]")
        await page.select_option("[name=action]", "rotate")
        await page.click("button[name=index]")
        await page.dblclick("input[value=Rotate]")
        await page.wait_for_selector(SHOWN)
        assert await is_shown_once(visited, installation, keys=2) != key
    assert "Traceback" not in server.output
