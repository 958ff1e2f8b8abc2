"""The dashboard while data is missing: nothing says that all is well, and it comes back soon."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser

from tests.dashboard.visits import visit
from tests.processes import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")

# A network that swallows everything: sockets stay open, and nothing comes.
SILENCE = """
window.isSilent = false;
const { prototype } = WebSocket;
const { set } = Object.getOwnPropertyDescriptor(prototype, "onmessage");
Object.defineProperty(prototype, "onmessage", {
  set(handle) {
    const opened = window.isSilent;
    set.call(this, (event) => window.isSilent || opened || handle(event));
  },
});
"""


async def test_an_outage_of_the_source_is_told_and_nothing_is_called_live(browser: Browser) -> None:
    nowhere = {"MARKETDATA_PROVIDER": "yahoo", "YAHOO_BASE_URL": "http://127.0.0.1:9"}
    with Server(REFRESH_SECONDS="1", DRAIN_SECONDS="0", **nowhere) as server:
        async with visit(browser, viewport={"width": 320, "height": 700}) as visited:
            page = visited.page
            await page.goto(f"http://{server.address}/")
            await page.wait_for_selector("#watchlist .name:text('No quote for now')")
            assert await page.locator(".discard:visible").count() == 0
            await page.wait_for_selector("#source:text('Yahoo cannot be reached since')")
            await page.wait_for_selector("#connection [data-part=state]:text-is('No data')")
            await page.wait_for_selector("#symbol [data-part=name]:text('cannot be had for now')")
            for panel in ("indices", "watchlist", "symbol"):
                assert await page.is_visible(f"#{panel} .stale"), panel
            assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
            # Nobody can say whether there is such a symbol: it is kept.
            await page.fill("#add-symbol", "ko")
            await page.keyboard.press("Enter")
            await page.wait_for_selector("[data-symbol=KO] .name:text('No quote for now')")
            assert "KO" in await page.evaluate("localStorage['financequery.watchlist']")
            await page.goto("about:blank")


async def test_silence_is_not_called_live_and_ends_when_the_page_is_looked_at(
    browser: Browser,
) -> None:
    with Server(REFRESH_SECONDS="0.5", DRAIN_SECONDS="0") as server:
        async with visit(browser) as visited:
            page = visited.page
            await page.add_init_script(SILENCE)
            await visited.open(f"http://{server.address}/")
            await page.evaluate("window.isSilent = true")
            await page.wait_for_selector("#connection[data-state=late]")
            assert await visited.texts("#connection [data-part=state]") == ["Out of date"]
            assert await page.is_visible("#indices .stale")
            await page.evaluate("window.isSilent = false")
            await page.evaluate("dispatchEvent(new Event('online'))")
            async with asyncio.timeout(8):  # the watchdog alone takes 10 s
                await page.wait_for_selector("#connection[data-state=open]")
