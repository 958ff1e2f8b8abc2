from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings

from marketdata.domain.news import News
from marketdata.providers.simulated import SimulatedProvider
from tests.marketdata.simulated.strategies import MONDAY_NOON, moments, soon, symbols


def get_news(symbol: str, now: datetime) -> tuple[News, ...]:
    return SimulatedProvider().fetch_news([symbol], now, soon()).found[symbol]


def get_headlines(now: datetime) -> tuple[News, ...]:
    return SimulatedProvider().fetch_headlines(now, soon())


def check_news(news: tuple[News, ...], now: datetime, at_most_age: timedelta) -> None:
    times = [item.published_at for item in news if item.published_at]
    assert len(times) == len(news) == 10
    assert times == sorted(times, reverse=True)
    assert now - at_most_age <= times[-1]
    assert times[0] <= now
    assert len({item.link for item in news}) == len({item.title for item in news}) == 10
    for item in news:
        assert "Simulated" in item.title
        assert item.source == "Simulated News"
        assert item.link.startswith("https://example.com/")
        assert item.link.isascii()


@settings(deadline=None)
@given(symbols, moments)
def test_news_says_that_it_is_simulated_and_is_newest_first(symbol: str, now: datetime) -> None:
    check_news(get_news(symbol, now), now, timedelta(hours=36))


@settings(deadline=None)
@given(moments)
def test_headlines_say_that_they_are_simulated_and_are_newest_first(now: datetime) -> None:
    check_news(get_headlines(now), now, timedelta(hours=4))


def test_news_names_its_instrument() -> None:
    assert all("Apple Inc." in item.title for item in get_news("AAPL", MONDAY_NOON))


def test_links_hold_no_marks_with_a_meaning_in_addresses() -> None:
    assert "/%5Egspc/" in get_news("^GSPC", MONDAY_NOON)[0].link
    assert "/eurusd%3Dx/" in get_news("EURUSD=X", MONDAY_NOON)[0].link


def test_new_items_come_out_and_published_ones_stay_as_they_were() -> None:
    earlier = get_headlines(MONDAY_NOON)
    later = get_headlines(MONDAY_NOON + timedelta(hours=1))
    new = [item for item in later if item not in earlier]
    assert 2 <= len(new) <= 4
    assert later == (*new, *earlier[: 10 - len(new)])
