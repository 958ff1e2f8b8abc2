"""The cache: values of a certain age only, bounded, safe for threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from marketdata.providers.yahoo.cache import FactCache, Kept


def test_a_value_is_given_for_as_long_as_it_is_kept(now: datetime) -> None:
    cache = FactCache(10)
    cache.put("a", Kept(None, now, 60))
    kept = cache.get("a", now + timedelta(seconds=59))
    assert kept is not None
    assert kept.value is None
    assert cache.get("a", now + timedelta(seconds=60)) is None
    assert len(cache) == 0


def test_a_clock_set_back_does_not_keep_a_value_for_days(now: datetime) -> None:
    cache = FactCache(10)
    cache.put("a", Kept(1, now, 60))
    assert cache.get("a", now - timedelta(days=1)) is None


def test_the_value_not_used_for_longest_makes_room(now: datetime) -> None:
    cache = FactCache(2)
    cache.put("a", Kept(1, now, 60))
    cache.put("b", Kept(2, now, 60))
    cache.get("a", now)
    cache.put("c", Kept(3, now, 60))
    assert [cache.get(key, now) is not None for key in "abc"] == [True, False, True]


def test_threads_may_share_it(now: datetime) -> None:
    cache = FactCache(8)

    def churn(number: int) -> None:
        cache.put(number % 16, Kept(number, now, 60))
        cache.get(number % 7, now)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(churn, range(2000)))
    assert len(cache) == 8
