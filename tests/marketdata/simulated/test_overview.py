from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings

from marketdata.domain.movers import Movers
from marketdata.domain.sectors import SECTOR_NAMES, Sector
from marketdata.providers.simulated import SimulatedProvider
from marketdata.providers.simulated.universe import STOCKS
from tests.marketdata.simulated.strategies import MONDAY_NOON, get_quote, moments, soon


def get_movers(now: datetime = MONDAY_NOON) -> Movers:
    return SimulatedProvider().fetch_movers(now, soon())


def get_sectors(now: datetime = MONDAY_NOON) -> tuple[Sector, ...]:
    return SimulatedProvider().fetch_sectors(now, soon())


@settings(deadline=None, max_examples=20)
@given(moments)
def test_gainers_gain_losers_lose_and_the_strongest_come_first(now: datetime) -> None:
    movers = get_movers(now)
    gains = [mover.percent_change or 0.0 for mover in movers.gainers or ()]
    losses = [mover.percent_change or 0.0 for mover in movers.losers or ()]
    assert gains == sorted(gains, reverse=True)
    assert losses == sorted(losses)
    assert all(gain > 0 for gain in gains)
    assert all(loss < 0 for loss in losses)


def test_the_most_active_have_the_greatest_volumes() -> None:
    volumes = [mover.volume or 0 for mover in get_movers().actives or ()]
    everyone = [get_quote(stock.symbol, MONDAY_NOON).volume or 0 for stock in STOCKS]
    assert volumes == sorted(everyone, reverse=True)[:25]


def test_movers_are_stocks_at_the_prices_of_their_quotes() -> None:
    movers = get_movers()
    stocks = {stock.symbol for stock in STOCKS}
    for mover in (*(movers.actives or ()), *(movers.gainers or ()), *(movers.losers or ())):
        assert mover.symbol in stocks
        quote = get_quote(mover.symbol, MONDAY_NOON)
        assert (mover.name, mover.price, mover.change) == (quote.name, quote.price, quote.change)
        assert mover.price_hint == quote.price_hint


def test_movers_change_with_time() -> None:
    assert get_movers() != get_movers(MONDAY_NOON + timedelta(seconds=5))


@settings(deadline=None, max_examples=20)
@given(moments)
def test_all_sectors_are_measured_in_their_order(now: datetime) -> None:
    sectors = get_sectors(now)
    assert tuple(sector.name for sector in sectors) == SECTOR_NAMES
    for sector in sectors:
        assert sector.day_return is not None
        assert abs(sector.day_return) < 15
        assert sector.ytd_return is not None
        assert sector.year_return is not None
        assert sector.three_year_return is not None
        assert sector.five_year_return is not None


def test_a_sector_does_as_well_as_its_stocks() -> None:
    for sector in get_sectors():
        changes = [
            get_quote(stock.symbol, MONDAY_NOON).percent_change or 0.0
            for stock in STOCKS
            if stock.sector == sector.name
        ]
        assert sector.day_return is not None
        assert min(changes) - 0.01 <= sector.day_return <= max(changes) + 0.01
