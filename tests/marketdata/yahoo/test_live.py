"""The real Yahoo, to notice when it changes: `pytest -m network`. Off by default."""

from __future__ import annotations

import pytest

from marketdata.providers.yahoo.options import YahooOptions
from marketdata.providers.yahoo.probe import Probe


@pytest.mark.network
def test_every_endpoint_still_answers_as_it_did() -> None:
    failed = [result for result in Probe(YahooOptions(), "AAPL").run() if not result.is_ok]
    assert not failed
