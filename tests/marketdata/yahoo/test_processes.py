"""Several processes with one shared store: one crumb, one budget, one silence."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from marketdata.clock import SYSTEM_CLOCK
from marketdata.deadlines import Deadline
from marketdata.errors import SourcePaused
from marketdata.providers.yahoo.credentials import CredentialKeeper, Credentials
from marketdata.providers.yahoo.provider import YahooProvider
from marketdata.sharing import MemoryStore
from tests.marketdata.yahoo.answers import serve_everything
from tests.marketdata.yahoo.server import FakeYahoo, Reply
from tests.marketdata.yahoo.setup import FakeClock, make_provider

CRUMB = "/v1/test/getcrumb"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def processes(yahoo: FakeYahoo, clock: FakeClock) -> list[YahooProvider]:
    serve_everything(yahoo)
    store = MemoryStore(clock)
    return [make_provider(yahoo, clock, store) for _ in range(4)]


def soon() -> Deadline:
    return Deadline.after(30)


def test_they_fetch_one_crumb(
    yahoo: FakeYahoo, processes: list[YahooProvider], now: datetime
) -> None:
    store = MemoryStore()
    waiting = [make_provider(yahoo, SYSTEM_CLOCK, store) for _ in processes]
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda p: p.fetch_quotes(["ACME"], now, soon()), waiting))
    assert all(batch.found for batch in batches)
    assert (yahoo.count("/"), yahoo.count(CRUMB)) == (1, 1)


class OvertakenStore(MemoryStore):
    """Something happens just before the next claim."""

    overtake: Callable[[], object] | None = None

    def claim(self, key: str, ttl_seconds: float) -> bool:
        overtake, self.overtake = self.overtake, None
        if overtake:
            overtake()
        return super().claim(key, ttl_seconds)


def test_one_that_is_overtaken_while_it_looks_fetches_no_second_crumb() -> None:
    store = OvertakenStore()
    crumbs = iter(["first", "second"])
    one, other = (
        CredentialKeeper(lambda _: Credentials(cookie="c", crumb=next(crumbs)), store)
        for _ in range(2)
    )
    store.overtake = lambda: other.get(soon())
    assert one.get(soon()).crumb == "first"
    assert next(crumbs) == "second"


def test_they_renew_a_refused_crumb_once(
    yahoo: FakeYahoo, processes: list[YahooProvider], now: datetime
) -> None:
    for process in processes:
        process.fetch_quotes(["ACME"], now, soon())
    yahoo.crumb = "newer"
    for process in processes:
        assert process.fetch_quotes(["ACME"], now, soon()).found
    assert yahoo.count(CRUMB) == 2


def test_a_429_of_one_silences_all(
    yahoo: FakeYahoo, processes: list[YahooProvider], now: datetime, clock: FakeClock
) -> None:
    one, other, *_ = processes
    one.fetch_quotes(["ACME"], now, soon())
    yahoo.fail("/v7", Reply(429))
    with pytest.raises(Exception, match="too many"):
        one.fetch_quotes(["ACME"], now, soon())
    calls = len(yahoo.calls)
    with pytest.raises(SourcePaused):
        other.fetch_details(["ACME"], now, soon())
    assert other.get_health().breakers["all"].state == "open"
    assert len(yahoo.calls) == calls
    clock.pass_by(60)
    assert other.fetch_quotes(["ACME"], now, soon()).found
    assert one.fetch_quotes(["ACME"], now, soon()).found


def test_slow_facts_of_one_are_everybodys(
    yahoo: FakeYahoo, processes: list[YahooProvider], now: datetime
) -> None:
    fetches: tuple[Callable[[YahooProvider], object], ...] = (
        lambda p: p.fetch_details(["ACME"], now, soon()).found,
        lambda p: p.fetch_similar(["ACME"], now, soon()).found,
        lambda p: p.fetch_news(["ACME"], now, soon()).found,
        lambda p: p.fetch_index_returns(["ACME"], now, soon()).found,
        lambda p: p.fetch_movers(now, soon()),
        lambda p: p.fetch_sectors(now, soon()),
        lambda p: p.fetch_headlines(now, soon()),
    )
    for fetch in fetches:
        first = fetch(processes[0])
        calls = len(yahoo.calls)
        assert [fetch(process) for process in processes] == [first] * 4
        assert len(yahoo.calls) == calls


def test_what_one_found_unknown_the_others_do_not_ask_for(
    yahoo: FakeYahoo, processes: list[YahooProvider], now: datetime
) -> None:
    for process in processes:
        assert not process.fetch_details(["NOPE"], now, soon()).found
    assert yahoo.count("/v10/finance/quoteSummary/NOPE") == 1


def test_one_that_is_started_during_an_outage_shows_what_the_cluster_has(
    yahoo: FakeYahoo, clock: FakeClock, now: datetime
) -> None:
    serve_everything(yahoo)
    store = MemoryStore(clock)
    make_provider(yahoo, clock, store).fetch_details(["ACME"], now, soon())
    yahoo.routes["/v10/finance/quoteSummary/ACME"] = Reply(500)
    later = now.replace(hour=now.hour + 3)
    started = make_provider(yahoo, clock, store)
    assert started.fetch_details(["ACME"], later, soon()).found["ACME"].industry == "Anvils"


def test_what_another_release_has_stored_is_not_used(
    yahoo: FakeYahoo, clock: FakeClock, now: datetime
) -> None:
    serve_everything(yahoo)
    store = MemoryStore(clock)
    store.put("fact:detail:ACME", b"\x93\xcb\x00", 60)
    provider = make_provider(yahoo, clock, store)
    assert provider.fetch_details(["ACME"], now, soon()).found
