"""The dashboard in a real browser, on a real server: what people see and do."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Position

from tests.dashboard.visits import AROUND_THE_CLOCK, Visit, visit
from tests.processes import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEEP_MANY = """async () => {
  const { PriceHistory } = await import("/static/dashboard/history.js");
  const history = new PriceHistory(5);
  const start = Date.now() - 5000 * 5000;
  for (let i = 0; i < 200; i++) history.add(`S${i}`, "1.5", start);
  for (let i = 0; i < 5000; i++) history.add("AAPL", i, start + i * 5000);
  history.save();
  const [points, kept] = [history.of("AAPL"), JSON.parse(sessionStorage["financequery.prices"])];
  return {
    start, points: points.length, first: points[0][0], last: points.at(-1)[1],
    symbols: kept.length, reloaded: new PriceHistory(5).of("AAPL").length,
  };
}"""

TRENDS = """[...document.querySelectorAll(".tile, .watch-row")].map((place) =>
  [".change", ".spark"].map((part) => place.querySelector(part).dataset.trend))"""
IN_SIGHT = """(selector) => {
  const row = document.querySelector(selector).getBoundingClientRect();
  const scroller = document.querySelector("#watchlist .scroll").getBoundingClientRect();
  return row.top >= scroller.top && row.bottom <= scroller.bottom + 1;
}"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Server(REFRESH_SECONDS="0.5", DRAIN_SECONDS="0") as server:
        yield f"http://{server.address}/"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def visitor(browser: Browser, url: str) -> AsyncIterator[Visit]:
    """One for all tests that leave the page as they found it: loading it costs a second."""
    wide = {"width": 1440, "height": 900}
    async with visit(browser, viewport=wide, color_scheme="light") as visited:
        await visited.open(url)
        yield visited


async def test_every_panel_shows_data(visitor: Visit) -> None:
    counts = {
        "#indices .tile:enabled": 8,
        "#watchlist tbody tr:not([data-missing])": 8,
        "#movers tbody tr:not([data-empty])": 75,
        "#sectors .change[data-trend]": 11,
        "#headlines a[href]": 10,
        "#symbol .news a[href]": 4,
        "#symbol .chip:enabled": 6,
    }
    for selector, count in counts.items():
        assert await visitor.page.locator(selector).count() == count, selector
    facts = await visitor.texts("#symbol :is(.facts, .returns) dd")
    assert len(facts) == 12 + 10 + 5
    assert "–" not in facts
    assert await visitor.texts("#symbol [data-part=currency]") == ["USD"]
    assert await visitor.page.locator(".simulated").is_visible()
    [countdown] = await visitor.texts("#hours .countdown")
    assert re.fullmatch(r"(opens|closes) in \d+ [dhm] \d\d [hms]", countdown)
    assert await visitor.texts("#connection [data-part=state]") == ["Live"]


async def test_prices_change_by_themselves(visitor: Visit) -> None:
    await visitor.changes(AROUND_THE_CLOCK)
    await visitor.page.wait_for_selector("[data-part=chart]:not([data-empty])")
    await visitor.page.wait_for_selector("#watchlist .spark-line[points*=',']", state="attached")


async def test_prices_flash_when_they_change_unless_motion_is_reduced(visitor: Visit) -> None:
    animation = "(cell) => getComputedStyle(cell).animationName"
    flashing = visitor.page.locator("[data-flash]").first
    assert await flashing.evaluate(animation) == "none"
    await visitor.page.emulate_media(reduced_motion="no-preference")
    assert str(await flashing.evaluate(animation)).startswith("flash-")
    await visitor.page.emulate_media(reduced_motion="reduce")


async def test_a_click_on_a_symbol_shows_its_profile_and_back_returns(visitor: Visit) -> None:
    page = visitor.page
    await page.click("#tab-losers")
    mover = page.locator("#panel-losers .symbol").first
    await mover.click()
    symbol = await page.evaluate("decodeURIComponent(location.hash).replace('#symbol=', '')")
    await page.wait_for_selector(f"#symbol:not([aria-busy]) h2:text-is('{symbol}')")
    similar = await page.locator(".chip .symbol").first.inner_text()
    await page.locator(".chip").first.click()
    await page.wait_for_selector(f"#symbol-title:text-is('{similar}')")
    await page.go_back()
    await page.wait_for_selector(f"#symbol-title:text-is('{symbol}')")
    await page.go_back()
    await page.wait_for_selector("#symbol-title:text-is('AAPL')")


@pytest.mark.parametrize("address", ["A%20B", "A%2FB"])
async def test_an_address_that_names_no_symbol_is_refused(visitor: Visit, address: str) -> None:
    home = visitor.page.url
    await visitor.page.goto(f"{home.partition('#')[0]}#symbol={address}")
    await visitor.page.wait_for_selector("#symbol [data-part=name]:text('is not a symbol')")
    assert await visitor.texts("#connection [data-part=state]") == ["Live"]
    await visitor.page.goto(f"{home.partition('#')[0]}#symbol=AAPL")
    await visitor.page.wait_for_selector("#symbol [data-part=name]:text('Apple')")


async def test_nothing_of_the_former_symbol_stays_under_an_unknown_one(visitor: Visit) -> None:
    page = visitor.page
    home = page.url.partition("#")[0]
    await page.wait_for_selector("[data-part=chart]:not([data-empty])")
    await page.goto(f"{home}#symbol=NOPE")
    await page.wait_for_selector("#symbol [data-part=name]:text('There is no quote of NOPE')")
    assert (await page.title()).startswith("NOPE · Finance Query")
    assert await page.get_attribute("[data-part=chart]", "data-empty") == "No prices"
    assert await page.get_attribute("[data-part=chart]", "aria-label") == (
        "Prices of NOPE: not enough yet for a line"
    )
    await page.goto(f"{home}#symbol=AAPL")
    await page.wait_for_selector("#symbol [data-part=name]:text('Apple')")


async def test_lines_have_the_direction_of_the_percentage_beside_them(visitor: Visit) -> None:
    trends = await visitor.page.evaluate(TRENDS)
    assert len(trends) == 16
    assert all(percentage == line for percentage, line in trends)


async def test_a_symbol_that_is_added_is_in_sight_and_opened(visitor: Visit) -> None:
    page = visitor.page
    for _ in range(2):  # the second time it is there already
        await page.fill("#add-symbol", "ko")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("[data-symbol=KO][data-selected]")
        await page.wait_for_selector("#symbol-title:text-is('KO')")
        assert await page.evaluate(IN_SIGHT, "[data-symbol=KO]")
        await page.click("[data-symbol=AAPL]")
    await page.focus("[data-symbol=KO] .symbol")
    await page.keyboard.press("Delete")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_serious(visitor: Visit, theme: Literal["light", "dark"]) -> None:
    await visitor.page.emulate_media(color_scheme=theme)
    await visitor.page.wait_for_selector(f"html[data-theme={theme}]")
    await visitor.page.click("#watchlist [data-part=edit]")
    # Only the contrast differs in the dark.
    options = {} if theme == "light" else {"runOnly": ["color-contrast"]}
    found = (await Axe().run(visitor.page, options=options)).response["violations"]
    await visitor.page.click("#watchlist [data-part=edit]")
    await visitor.page.emulate_media(color_scheme="light")
    assert [problem for problem in found if problem["impact"] in ("serious", "critical")] == []


async def test_theme_and_chart_survive_a_reload(visitor: Visit) -> None:
    page = visitor.page
    started = "document.querySelector('[data-part=readout]').textContent"
    await page.mouse.move(0, 0)
    await page.wait_for_function(f"() => {started}.startsWith('since ')")
    since = await page.evaluate(started)
    await page.click("#theme")
    await page.reload()
    await visitor.is_live()
    assert await page.evaluate(started) == since
    assert await page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    await page.click("#theme")


async def test_the_prices_that_are_kept_are_bounded(visitor: Visit, url: str) -> None:
    tab = await visitor.page.context.new_page()
    await tab.goto(f"{url}login/")
    kept = await tab.evaluate(KEEP_MANY)
    await tab.close()
    assert kept["points"] <= 721
    assert kept["first"] == kept["start"], "a whole day keeps its shape"
    assert kept["last"] == 4999
    assert kept["symbols"] == 150
    assert kept["reloaded"] == kept["points"]


async def test_nothing_jumps_while_it_loads_and_changes(visitor: Visit) -> None:
    assert await visitor.page.evaluate("window.shifts") < 0.05


async def test_the_watchlist_is_changed_on_a_phone_and_survives_a_reload(
    browser: Browser, url: str
) -> None:
    async with visit(browser, viewport={"width": 360, "height": 800}) as visitor:
        page = visitor.page
        await visitor.open(url)
        first, second, third, *_ = await visitor.watched()
        await page.fill("#add-symbol", "tsla, nobody-knows")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("[data-symbol=TSLA]:not([data-missing])")
        await page.wait_for_selector("[data-symbol=NOBODY-KNOWS] .name:text('Unknown symbol')")
        # By keyboard
        focused = "document.activeElement.textContent"
        await page.focus(f"[data-symbol={second}] .symbol")
        await page.keyboard.press("Alt+ArrowUp")
        assert (await visitor.watched())[:3] == [second, first, third]
        assert await page.evaluate(focused) == second
        await page.keyboard.press("Delete")
        assert await page.evaluate(focused) == first
        # By buttons
        await page.click("#watchlist [data-part=edit]")
        await page.click(f"[data-symbol={third}] .move-up")
        await page.click("[data-symbol=NOBODY-KNOWS] .remove")
        assert (await visitor.watched())[:2] == [third, first]
        # By dragging
        top = Position(x=60, y=4)
        await page.drag_and_drop(
            "[data-symbol=TSLA]", f"[data-symbol={third}]", target_position=top
        )
        symbols = await visitor.watched()
        assert symbols[:3] == ["TSLA", third, first]
        assert second not in symbols
        await page.fill("#add-symbol", "not a symbol")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#add-problem:text('is not a symbol')")
        assert await page.input_value("#add-symbol") == "not a symbol"
        await page.fill("#add-symbol", "apple")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#add-problem:text('no quote of APPLE')")
        await page.click("#watchlist [data-part=edit]")
        assert await page.is_visible("[data-symbol=APPLE] .discard")
        await page.reload()
        await visitor.is_live()
        assert await visitor.watched() == symbols
        await page.wait_for_selector("[data-symbol=TSLA]:not([data-missing])")
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert await page.evaluate("window.shifts") < 0.05
