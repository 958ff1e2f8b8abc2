"""The probe: each endpoint once, and what is wrong with it, in a table."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from marketdata.providers.yahoo.probe import Probe
from tests.marketdata.yahoo.answers import serve_everything
from tests.marketdata.yahoo.server import FakeYahoo, Reply
from tests.marketdata.yahoo.setup import make_options


@pytest.fixture
def everything(yahoo: FakeYahoo) -> FakeYahoo:
    serve_everything(yahoo)
    return yahoo


def test_everything_that_works_is_said_to(everything: FakeYahoo) -> None:
    results = {result.name: result for result in Probe(make_options(everything), "ACME").run()}
    assert all(result.is_ok for result in results.values())
    assert {name: result.note for name, result in results.items()} == {
        "cookie": "A3",
        "crumb": "8 characters",
        "quotes": "1 row",
        "batch of 50": "50 of 50 rows",
        "detail": "sector Technology",
        "returns": "ytd 5.0 %",
        "similar": "2 symbols",
        "movers": "2 rows",
        "sectors": "Technology 1.25 %",
        "news search": "2 items",
        "news stream": "1 item",
        "headlines": "3 items",
    }


def test_what_does_not_work_is_named_and_the_rest_is_tried(everything: FakeYahoo) -> None:
    everything.routes["/v7/finance/quote"] = Reply(403)
    results = {result.name: result for result in Probe(make_options(everything), "ACME").run()}
    assert not results["quotes"].is_ok
    assert results["quotes"].note == "SourceRefuses: /v7/finance/quote: answered 403"
    assert [name for name, result in results.items() if not result.is_ok] == [
        "quotes",
        "batch of 50",
    ]


def test_the_command_prints_a_table(everything: FakeYahoo, streams_settings: Any) -> None:
    streams_settings.YAHOO_BASE_URL = everything.url
    out = StringIO()
    call_command("probe_yahoo", symbol="acme", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["endpoint", "works", "ms", "what", "came"]
    assert len(lines) == 13
    assert everything.crumb not in out.getvalue()


def test_the_command_fails_when_something_does(
    everything: FakeYahoo, streams_settings: Any
) -> None:
    streams_settings.YAHOO_BASE_URL = everything.url
    everything.routes["/v1/finance/search"] = Reply(403)
    with pytest.raises(CommandError, match="1 of the checks failed"):
        call_command("probe_yahoo", symbol="ACME", stdout=StringIO())
    with pytest.raises(CommandError, match="not a symbol"):
        call_command("probe_yahoo", symbol="§", stdout=StringIO())
