"""The page below a prefix, in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser

from tests.dashboard.visits import visit
from tests.processes import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOCKETS = """async (bases) => {
  const { connect } = await import("/fq/static/dashboard/financequery.js");
  const urls = [];
  window.WebSocket = class extends EventTarget {
    constructor(url) { super(); urls.push(String(url)); }
    close() {}
  };
  for (const base of bases) {
    const stream = connect("/hours", { base: base ?? undefined });
    await Promise.resolve();
    await Promise.resolve();
    stream.close();
  }
  return urls;
}"""


async def test_the_page_and_its_client_keep_a_prefix(browser: Browser) -> None:
    with Server("--root-path", "/fq") as server:
        async with visit(browser) as visitor:
            await visitor.open(f"http://{server.address}/fq/")
            bases: list[Any] = [
                "https://example.com",
                "https://example.com/a/b",
                "https://example.com/a/?b#c",
                "wss://example.com/a",
                "/fq",
                None,
            ]
            urls = await visitor.page.evaluate(SOCKETS, bases)
        assert visitor.errors == []
    assert urls == [
        "wss://example.com/hours",
        "wss://example.com/a/b/hours",
        "wss://example.com/a/hours",
        "wss://example.com/a/hours",
        f"ws://{server.address}/fq/hours",
        f"ws://{server.address}/hours",
    ]
