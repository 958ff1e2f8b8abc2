"""The scene of a fault: a cluster, its upstream and the swarm, and what must be true of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

from marketdata.providers.yahoo.quote_calls import QUOTES_PER_CALL
from tests.chaos.cluster import BEAT, TICK, WEBS, WORKER, Cluster
from tests.chaos.judgement import Window
from tests.chaos.population import PROFILES, UNION, get_union_of, get_wishes
from tests.chaos.swarm import Swarm
from tests.chaos.upstream import Refresh, Upstream

MAX_GAP_TICKS = 2.5
# After a fault, everything is as it was before within this time.
SETTLE_TICKS = 3
CALM_TICKS = 3
CALM_TIMEOUT_SECONDS = 20
MAX_REDIS_CONNECTIONS = 2


class Scene:
    """The whole population listens, once `let_in` was called."""

    def __init__(self, **environment: str) -> None:
        self._stack = ExitStack()
        self.upstream = self._stack.enter_context(Upstream(PROFILES))
        self.cluster = self._stack.enter_context(Cluster(self.upstream, **environment))
        self.swarm: Swarm

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def let_in(self) -> None:
        """Connect the population to the web processes; returns when all have their first data."""
        addresses = {web: self.cluster.processes[web].address for web in WEBS}
        self.swarm = self._stack.enter_context(Swarm(get_wishes(addresses)))
        self.swarm.wait_until_all_have_data()

    def is_whole(self) -> bool:
        """Whether everything runs, or comes to within a while: the worker refreshes, all listen."""
        names = (*WEBS, WORKER, BEAT)
        if set(self.cluster.processes) != set(names) or not all(map(self.cluster.runs, names)):
            return False
        return not self.swarm.closed and self._becomes_calm()

    def _becomes_calm(self) -> bool:
        deadline = time.monotonic() + CALM_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            now = time.monotonic()
            refreshes = self.upstream.get_refreshes(Window(now - CALM_TICKS * TICK, now))
            if len(refreshes) >= CALM_TICKS - 1 and all(map(_is_usual, refreshes)):
                return True
            time.sleep(TICK / 10)
        return False

    # --- Time ---------------------------------------------------------------------------

    def settle(self) -> None:
        """Give the cluster the time it may take to be well again."""
        time.sleep(SETTLE_TICKS * TICK)

    def watch(self, ticks: float) -> Window:
        """Let time go by; returns the span it was."""
        begin = time.monotonic()
        time.sleep(ticks * TICK)
        return Window(begin, time.monotonic())

    def await_worker(self, timeout_seconds: float = CALM_TIMEOUT_SECONDS) -> None:
        """Returns with the next refresh that the worker makes."""
        begin = time.monotonic()
        wait_until(
            lambda: any(
                r.by == WORKER for r in self.upstream.get_refreshes(Window(begin, math.inf))
            ),
            timeout_seconds,
        )

    # --- What clients notice ------------------------------------------------------------

    @contextmanager
    def unnoticed(self) -> Iterator[None]:
        """No client may be disconnected, or miss data, by what happens in here."""
        begin = time.monotonic()
        yield
        window = Window(begin, time.monotonic())
        assert_unnoticed(self.swarm, window)

    def assert_no_repetitions(self, window: Window) -> None:
        repetitions = self.swarm.get_repetitions(window, TICK)
        clients = {a.client for a in repetitions}
        assert not repetitions, f"{len(repetitions)} at {len(clients)} clients: {repetitions[:5]}"

    def assert_one_message_per_tick(self, window: Window) -> None:
        counts = self.swarm.get_counts(window)
        ticks = window.length / TICK
        # The window may begin and end anywhere in a tick.
        assert all(abs(count - ticks) < 1.5 for count in counts), counts

    # --- What the upstream notices ------------------------------------------------------

    def assert_refreshed_by(self, name: str, window: Window) -> None:
        """Each tick this process, and no other, asked for everybody's quotes once."""
        refreshes = self.upstream.get_refreshes(window)
        assert {r.by for r in refreshes} == {name}, summarise(refreshes)
        assert_each_once_per_tick(refreshes, window, UNION)

    def assert_refreshed_locally(self, window: Window) -> None:
        """Each tick each web process asked once for what its own clients need."""
        refreshes = self.upstream.get_refreshes(window)
        assert {r.by for r in refreshes} == set(WEBS), summarise(refreshes)
        for web in WEBS:
            of_process = [r for r in refreshes if r.by == web]
            assert_each_once_per_tick(of_process, window, get_union_of(web))

    def find_leader(self, window: Window) -> str:
        """The one process that refreshes."""
        [leader] = {r.by for r in self.upstream.get_refreshes(window)}
        return leader

    # --- What Redis notices -------------------------------------------------------------

    def assert_few_redis_connections(self) -> None:
        for web in WEBS:
            if self.cluster.runs(web):
                assert self.cluster.count_redis_connections(web) <= MAX_REDIS_CONNECTIONS


def _is_usual(refresh: Refresh) -> bool:
    return refresh.by == WORKER and frozenset(refresh.symbols) == UNION


def assert_unnoticed(swarm: Swarm, window: Window, address: str = "") -> None:
    """No client (of one server) was disconnected or missed data."""
    gap, where = swarm.get_longest_gap(window, address)
    print(f"longest gap: {gap / TICK:.2f} ticks")  # noqa: T201 - shown by pytest -rP
    assert not swarm.get_closed(window, address)
    assert gap <= MAX_GAP_TICKS * TICK, f"{gap / TICK:.2f} ticks without a message on {where}"


def assert_each_once_per_tick(
    refreshes: list[Refresh], window: Window, union: frozenset[str]
) -> None:
    calls = math.ceil(len(union) / QUOTES_PER_CALL)
    for refresh in refreshes:
        assert sorted(refresh.symbols) == sorted(union), summarise(refreshes)
        assert len(refresh.calls) == calls, summarise(refreshes)
    ticks = window.length / TICK
    assert ticks - 1.5 <= len(refreshes) <= ticks + 1, summarise(refreshes)


def summarise(refreshes: list[Refresh]) -> str:
    """For the eye: when who made how many calls for how many symbols."""
    return "\n" + "\n".join(
        f"{r.calls[0].at:.2f} {r.by}: {len(r.calls)} calls, {len(r.symbols)} symbols"
        for r in refreshes
    )


def wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    """Poll for what nothing announces."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
