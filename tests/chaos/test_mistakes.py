"""What people do to a cluster: one beat and one worker too many, more shards."""

from __future__ import annotations

import math

import pytest

from tests.chaos.cluster import TICK, WORKER
from tests.chaos.population import UNION
from tests.chaos.scene import Scene, assert_each_once_per_tick

pytestmark = pytest.mark.chaos


def test_two_beats_and_two_workers_make_one_refresh_per_tick(scene: Scene) -> None:
    with scene.unnoticed():
        scene.cluster.start("worker-2", "beat-2")
        scene.cluster.processes["worker-2"].wait_for("ready")
        scene.settle()
        doubled = scene.watch(5)
        scene.cluster.kill("worker-2", "beat-2")
        scene.settle()
        healed = scene.watch(3)
    refreshes = scene.upstream.get_refreshes(doubled)
    assert {r.by for r in refreshes} <= {WORKER, "worker-2"}
    assert_each_once_per_tick(refreshes, doubled, UNION)
    scene.assert_no_repetitions(doubled)
    scene.assert_refreshed_by(WORKER, healed)


def test_shards_send_each_subscription_and_fetch_each_symbol_once_per_tick() -> None:
    with Scene(REFRESH_SHARDS="3") as scene:
        scene.cluster.start_all()
        scene.let_in()
        scene.await_worker()
        with scene.unnoticed():
            scene.settle()
            healthy = scene.watch(4)
        refreshes = scene.upstream.get_refreshes(healthy)
        assert {r.by for r in refreshes} == {WORKER}
        assert math.isclose(len(refreshes), healthy.length / TICK, abs_tol=1.5)
        for refresh in refreshes:
            assert sorted(refresh.symbols) == sorted(UNION)
        scene.assert_no_repetitions(healthy)
        scene.assert_one_message_per_tick(healthy)
