"""Clients that come at once, to several processes, for something new."""

from __future__ import annotations

import pytest

from tests.chaos.cluster import WEBS
from tests.chaos.records import Wish
from tests.chaos.scene import Scene
from tests.chaos.swarm import Swarm

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("symbol", ["NEW1", "NEW2", "NEW3"])
def test_fifty_clients_of_two_processes_cause_one_fetch(scene: Scene, symbol: str) -> None:
    urls = [f"ws://{scene.cluster.processes[web].address}/quotes" for web in WEBS]
    with Swarm([Wish(urls[n % 2], symbol) for n in range(50)]) as swarm:
        swarm.wait_until_all_have_data()
        scene.watch(2)
        calls = scene.upstream.count_calls_for(symbol)
    # None, if the worker's tick was the first to fetch it.
    assert calls["web-1"] + calls["web-2"] <= 1
    assert calls.total() <= 1 + 3
