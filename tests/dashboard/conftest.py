"""A headless Chromium for the tests of a file."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tools.chromium import MISSING, find_chromium

OPTIONS = [
    "--no-sandbox",  # CI runs as root
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        # In CI nobody reads what was skipped.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield running
        await running.close()
