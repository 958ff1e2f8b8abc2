"""Somebody who looks at the page: a tab with storage of its own, and what went wrong in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Page

# For a busy machine; what is awaited comes within a second.
PATIENCE_MS = 20_000
# Looking at every frame, as is the default, makes the browser draw every frame.
POLL_MS = 50
# A price that moves also when the exchanges are closed.
AROUND_THE_CLOCK = "#watchlist tr[data-symbol='BTC-USD'] .price"
WATCH = """
window.violations = [];
window.shifts = 0;
document.addEventListener("securitypolicyviolation", (event) => violations.push(
  `${event.violatedDirective} ${event.blockedURI}`));
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) {
    shifts += shift.hadRecentInput ? 0 : shift.value;
  }
}).observe({ type: "layout-shift", buffered: true });
"""


class Visit:
    """`page`, and the errors that its scripts and the browser reported."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def open(self, url: str) -> None:
        """Returns when every stream has sent its data."""
        await self.page.goto(url)
        await self.is_live()

    async def is_live(self) -> None:
        await self.page.wait_for_selector("#connection[data-state=open]")
        await self.page.wait_for_function(
            "() => document.querySelector('#symbol [data-part=price]').textContent !== '–'"
            " && !document.querySelector('.tile-value').textContent.startsWith('–')",
            polling=POLL_MS,
        )

    async def texts(self, selector: str) -> list[str]:
        return await self.page.locator(selector).all_inner_texts()

    async def watched(self) -> list[str]:
        """The symbols of the watchlist, from the top."""
        return await self.texts("#watchlist tbody .symbol")

    async def changes(self, selector: str) -> None:
        """Returns when the text of an element has become another one."""
        before = await self.page.locator(selector).first.inner_text()
        await self.page.wait_for_function(
            "([selector, before]) => document.querySelector(selector).innerText !== before",
            arg=[selector, before],
            polling=POLL_MS,
        )

    async def begin(self, script: str, argument: Any) -> asyncio.Task[Any]:
        """Runs a script that takes its time; returns once it says `window.isOpen`."""
        running = asyncio.create_task(self.page.evaluate(script, argument))
        await self.page.wait_for_function("() => window.isOpen", polling=POLL_MS)
        return running

    def forgive(self, text: str) -> None:
        """Errors with this text were caused on purpose."""
        self.errors = [error for error in self.errors if text not in error]

    async def violations(self) -> list[str]:
        """Of the Content Security Policy."""
        return list(await self.page.evaluate("window.violations"))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)


@asynccontextmanager
async def visit(browser: Browser, **options: Any) -> AsyncIterator[Visit]:
    """A visit that must end without errors, but for those that are forgiven.

    Motion is reduced unless a test is about it: animations cost most of the processor's time.
    """
    context = await browser.new_context(**{"reduced_motion": "reduce", **options})
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(WATCH)
    visited = Visit(await context.new_page())
    yield visited
    violations = await visited.violations()
    await context.close()
    assert violations == []
    assert visited.errors == []
