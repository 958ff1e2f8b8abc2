"""The source of data fails while everything else is well."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.chaos.cluster import WORKER
from tests.chaos.scene import Scene
from tests.chaos.upstream import Fault, dawdle, fail, hang

# A source that failed is left alone, and then tried, see docs/yahoo.md.
PROBE_TIMEOUT_SECONDS = 75
pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("fault", [hang, fail, dawdle])
def test_ticks_go_on_with_what_there_is(scene: Scene, fault: Fault) -> None:
    with scene.unnoticed():
        scene.watch(1)
        scene.upstream.break_down(fault)
        scene.settle()
        broken = scene.watch(4)
        scene.assert_few_redis_connections()
        scene.upstream.mend()
        scene.await_worker(PROBE_TIMEOUT_SECONDS)
        scene.settle()
        healed = scene.watch(3)
    refreshes = scene.upstream.get_refreshes(broken)
    # Nobody takes over, as another process would fare no better, and nobody asks often.
    assert {r.by for r in refreshes} <= {WORKER}
    assert max(Counter(symbol for r in refreshes for symbol in r.symbols).values(), default=0) <= 5
    # A probe that hangs makes its tick late, and the next is on time: their number tells, not how
    # near they are to each other.
    scene.assert_one_message_per_tick(broken)
    scene.assert_refreshed_by(WORKER, healed)
    scene.assert_no_repetitions(healed)
