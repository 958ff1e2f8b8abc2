"""What people see, on 80 columns, whatever a server sends."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from streams.subscriptions import Endpoint
from streams.terminal.views import VIEWS, Surroundings

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ENDPOINTS = list(Endpoint)


def shown(endpoint: Endpoint, message: Any, *, colors: bool = False, **around: Any) -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        width=around.setdefault("width", 80),
        color_system="standard" if colors else None,
        force_terminal=colors,
    )
    surroundings = Surroundings(now=NOW, height=around.pop("height", 100), **around)
    console.print(VIEWS[endpoint](message, surroundings))
    return out.getvalue()


QUOTES: list[dict[str, Any]] = [
    {"symbol": "AAPL", "name": "Apple Inc.", "price": "150.25", "change": "+2.15"}
    | {"percentChange": "+1.45%", "afterHoursPrice": "151.00"},
    {"symbol": "MSFT", "name": "Microsoft " * 9, "price": "417.05", "change": "-0.88"}
    | {"percentChange": "-0.21%"},
    {"symbol": "FLAT", "name": "Flat", "price": None, "change": "+0.00", "percentChange": "+0.00%"},
]
PROFILE = {
    "quote": {**QUOTES[0], "volume": 27147920, "beta": "1.11", "category": None},
    "similar": QUOTES[1:],
    "sectorPerformance": {"sector": "Technology", "dayReturn": "-1.34%"},
    "news": [{"title": "A title " * 20}],
}
MARKET = {
    "actives": QUOTES,
    "gainers": QUOTES[:1],
    "losers": [],
    "indices": [{"name": "S&P 500", "value": 7843.4, "percentChange": "-0.55%"}] * 3,
    "headlines": [{"title": "Headline"}],
    "sectors": [{"sector": "Communication Services", "dayReturn": "-0.65%"}] * 11,
}
HOURS = {
    "status": "Open",
    "reason": "Regular trading hours",
    "session": "open",
    "nextOpen": (NOW + timedelta(days=1, hours=2)).isoformat(),
    "nextClose": (NOW + timedelta(hours=5, seconds=7)).isoformat(),
}
MESSAGES = dict(zip(ENDPOINTS, (PROFILE, QUOTES, MARKET, HOURS), strict=True))


def test_quotes_have_prices_changes_and_marks() -> None:
    lines = shown(Endpoint.QUOTES, QUOTES, symbols=("AAPL", "NOSUCH")).splitlines()
    assert " ".join(lines[1].split()) == "AAPL Apple Inc. 150.25 +2.15 ▲ +1.45% after 151.00"
    assert lines[2].endswith("417.05   -0.88  ▼ -0.21%" + " " * 14)
    assert " ".join(lines[3].split()) == "FLAT Flat – +0.00 +0.00%"
    assert lines[4] == "Unknown: NOSUCH"


def test_quotes_are_in_the_order_that_was_asked_for() -> None:
    text = shown(Endpoint.QUOTES, QUOTES, symbols=("FLAT", "MSFT", "AAPL"))
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["FLAT", "MSFT", "AAPL"]


def test_the_metadata_of_a_first_message_is_no_quote() -> None:
    assert shown(Endpoint.QUOTES, [{"metadata": {"reset": 1}}, *QUOTES]) == shown(
        Endpoint.QUOTES, QUOTES
    )


def test_what_does_not_fit_is_counted() -> None:
    assert shown(Endpoint.QUOTES, QUOTES, height=8).endswith("… and 1 more\n")


def test_colours_say_what_the_signs_say() -> None:
    text = shown(Endpoint.QUOTES, QUOTES, colors=True, moved={"AAPL": -1})
    assert "\x1b[32m▲ +1.45%" in text
    assert "\x1b[31m▼ -0.21%" in text
    assert "\x1b[1;37;41m150.25" in text, "just fallen"
    assert "\x1b" not in shown(Endpoint.QUOTES, QUOTES, moved={"AAPL": -1})


def test_a_profile_has_what_is_known() -> None:
    text = shown(Endpoint.PROFILE, PROFILE)
    for part in ("Apple Inc.", "▲ +1.45%", "27,147,920", "Beta", "▼ -1.34%", "MSFT", "A title"):
        assert part in text
    assert "Category" not in text
    assert "After hours 151.00" in text


def test_a_profile_of_nothing_says_so() -> None:
    text = shown(Endpoint.PROFILE, {"quote": None, "similar": []}, symbols=("NOSUCH",))
    assert text == "Nothing is known of NOSUCH.\n"


def test_a_profile_that_cannot_be_had_says_that_instead() -> None:
    nothing: dict[str, Any] = {"quote": None, "similar": [], "status": "unavailable"}
    text = shown(Endpoint.PROFILE, nothing, symbols=("AAPL",))
    assert text == "There is no quote of AAPL for now: the source does not answer.\n"


def test_the_market_has_its_lists_side_by_side() -> None:
    text = shown(Endpoint.MARKET, MARKET)
    for part in ("S&P 500", "7843.40", "Most active", "Gainers", "Losers", "Sectors", "Headline"):
        assert part in text
    assert text.count("AAPL") == 2


def test_hours_count_down() -> None:
    text = shown(Endpoint.HOURS, HOURS)
    assert "Open  Regular trading hours  open" in text
    assert "in 1 d 02:00:00" in text
    assert "in 05:00:07" in text


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_nothing_is_wider_than_80_columns(endpoint: Endpoint) -> None:
    assert max(map(len, shown(endpoint, MESSAGES[endpoint]).splitlines())) <= 80


@pytest.mark.parametrize("width", [40, 50, 60, 80, 120, 200])
@pytest.mark.parametrize("endpoint", [Endpoint.QUOTES, Endpoint.MARKET, Endpoint.PROFILE])
def test_digits_are_never_cut(endpoint: Endpoint, width: int) -> None:
    text = shown(endpoint, MESSAGES[endpoint], width=width)
    assert max(map(len, text.splitlines())) <= width
    assert not re.search(r"\d…|[+-]…|\.…", text)
    assert "150.25" in text
    assert "+1.45%" in text


def test_a_wide_terminal_shows_whole_names() -> None:
    assert "Microsoft " * 9 in shown(Endpoint.QUOTES, QUOTES, width=200)
    assert "Communication Services" in shown(Endpoint.MARKET, MARKET, width=160)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("message", [None, [], {}, "text", 7, [None, 1], {"quote": 3, "news": [1]}])
def test_a_message_of_another_shape_breaks_nothing(endpoint: Endpoint, message: Any) -> None:
    assert shown(endpoint, message) is not None


def test_what_a_server_sends_is_neither_markup_nor_control() -> None:
    evil = [{"symbol": "A", "name": "[red]x[/red]\x1b[2J", "price": "1", "percentChange": "1"}]
    text = shown(Endpoint.QUOTES, evil, colors=True)
    assert "[red]x[/red] [2J" in text
    assert "\x1b[2J" not in text
