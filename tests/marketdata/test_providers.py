"""The contract of a provider, held against each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from marketdata.deadlines import Deadline
from marketdata.domain.indices import INDICES
from marketdata.domain.quote import QuoteDetail, Returns, SimpleQuote
from marketdata.domain.sectors import SECTOR_NAMES
from marketdata.errors import DeadlineExceeded
from marketdata.providers import build_provider
from marketdata.providers.base import Batch, Provider
from streams.answers import checked_batch, checked_movers, checked_tuple
from tests.marketdata.yahoo.answers import ACME, quotes, serve_everything
from tests.marketdata.yahoo.server import FakeYahoo
from tests.marketdata.yahoo.setup import PLENTY

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
UNKNOWN = "NOSUCHSYMBOL"


class Known:
    """A provider and a symbol that it knows."""

    def __init__(self, provider: Provider, symbol: str) -> None:
        self.provider = provider
        self.symbol = symbol

    def batch(self, method: str, symbols: tuple[str, ...]) -> Batch[Any]:
        return getattr(self.provider, method)(symbols, NOW, Deadline.after(4))


@pytest.fixture(params=["simulated", "yahoo"])
def known(request: pytest.FixtureRequest) -> Iterator[Known]:
    if request.param == "simulated":
        yield Known(build_provider("simulated"), "AAPL")
        return
    with FakeYahoo() as yahoo:
        serve_everything(yahoo)
        yahoo.routes["/v7/finance/quote"] = quotes(ACME)
        yield Known(build_provider("yahoo", {"base_url": yahoo.url, **PLENTY}), "ACME")


BATCHES: list[tuple[str, type]] = [
    ("fetch_quotes", SimpleQuote),
    ("fetch_details", QuoteDetail),
    ("fetch_similar", tuple),
    ("fetch_news", tuple),
    ("fetch_index_returns", Returns),
]


def test_it_has_a_name(known: Known) -> None:
    assert known.provider.name in ("simulated", "yahoo")
    assert known.provider.is_simulated is (known.provider.name == "simulated")


@pytest.mark.parametrize(("method", "item_type"), BATCHES)
def test_a_batch_has_what_is_known_and_leaves_out_what_is_not(
    known: Known, method: str, item_type: type
) -> None:
    batch: Batch[Any] = checked_batch(known.batch(method, (known.symbol, UNKNOWN)), item_type)
    assert not batch.failed
    assert known.symbol in batch.found
    if method in ("fetch_quotes", "fetch_details"):
        assert set(batch.found) == {known.symbol}


def test_nothing_asked_is_nothing_found(known: Known) -> None:
    for method, _ in BATCHES:
        assert known.batch(method, ()) == Batch()


def test_a_quote_has_the_symbol_it_was_asked_for(known: Known) -> None:
    quote = known.batch("fetch_quotes", (known.symbol,)).found[known.symbol]
    assert quote.symbol == known.symbol
    assert quote.name
    assert quote.price > 0
    assert quote.change == pytest.approx(
        quote.price - quote.price / (1 + quote.percent_change / 100), rel=0.01
    )


def test_lists_are_of_their_kind(known: Known) -> None:
    movers = checked_movers(known.provider.fetch_movers(NOW, Deadline.after(4)))
    assert movers.actives
    assert movers.gainers is not None
    assert movers.losers is not None
    for fetch in (known.provider.fetch_sectors, known.provider.fetch_headlines):
        assert checked_tuple(fetch(NOW, Deadline.after(4)), object)
    names = [sector.name for sector in known.provider.fetch_sectors(NOW, Deadline.after(4))]
    assert names == [name for name in SECTOR_NAMES if name in names]


@pytest.mark.parametrize("method", [method for method, _ in BATCHES])
def test_without_time_there_is_no_answer_and_no_wait(known: Known, method: str) -> None:
    fetch: Callable[..., Batch[Any]] = getattr(known.provider, method)
    try:
        batch = fetch(tuple(index.symbol for index in INDICES), NOW, Deadline.after(0))
    except DeadlineExceeded:
        return
    assert not batch.found


def test_a_name_of_no_provider_is_refused() -> None:
    with pytest.raises(ValueError, match="known are simulated, yahoo"):
        build_provider("bloomberg")


def test_a_class_of_shares_is_found_under_either_name() -> None:
    provider = build_provider("simulated")
    names = ("BRK.B", "BRK-B")
    quotes = provider.fetch_quotes(names, NOW, Deadline.after(4)).found
    assert [quotes[name].symbol for name in names] == list(names)
    assert quotes["BRK.B"].price == quotes["BRK-B"].price
    assert set(provider.fetch_details(names, NOW, Deadline.after(4)).found) == set(names)


def test_yahoo_is_asked_for_a_class_of_shares_with_a_dash() -> None:
    with FakeYahoo() as yahoo:
        serve_everything(yahoo)
        yahoo.routes["/v7/finance/quote"] = quotes({**ACME, "symbol": "BRK-B"})
        provider = build_provider("yahoo", {"base_url": yahoo.url, **PLENTY})
        batch = provider.fetch_quotes(("BRK.B", "RIO.L"), NOW, Deadline.after(4))
        assert {s: quote.symbol for s, quote in batch.found.items()} == {"BRK.B": "BRK.B"}
        [first, *_] = yahoo.calls_of("/v7/finance/quote")
        assert set(first.query["symbols"].split(",")) == {"BRK-B", "RIO.L"}
