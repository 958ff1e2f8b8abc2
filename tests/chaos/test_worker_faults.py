"""Worker and beat die, and come back."""

from __future__ import annotations

import time

import pytest

from tests.chaos.cluster import BEAT, WEBS, WORKER
from tests.chaos.judgement import Window
from tests.chaos.scene import Scene, assert_unnoticed

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize(
    "names", [(WORKER,), (BEAT,), (WORKER, BEAT)], ids=["worker", "beat", "both"]
)
def test_one_web_process_takes_over_for_all_while_worker_or_beat_is_dead(
    scene: Scene, names: tuple[str, ...]
) -> None:
    with scene.unnoticed():
        healthy = scene.watch(2)
        scene.cluster.kill(*names)
        scene.settle()
        takeover = scene.watch(3)
        scene.assert_few_redis_connections()
        scene.cluster.start(*names)
        scene.await_worker()
        scene.settle()
        healed = scene.watch(3)
    scene.assert_refreshed_by(WORKER, healthy)
    leader = scene.find_leader(takeover)
    assert leader in WEBS
    scene.assert_refreshed_by(leader, takeover)
    scene.assert_no_repetitions(takeover)
    scene.assert_refreshed_by(WORKER, healed)
    scene.assert_no_repetitions(healed)


def test_when_the_web_process_that_took_over_dies_another_one_does(scene: Scene) -> None:
    with scene.unnoticed():
        scene.cluster.kill(WORKER)
        scene.settle()
        leader = scene.find_leader(scene.watch(2))
    [survivor] = set(WEBS) - {leader}
    begin = time.monotonic()
    scene.cluster.kill(leader)
    scene.settle()
    takeover = scene.watch(3)
    address = scene.cluster.processes[survivor].address
    assert_unnoticed(scene.swarm, Window(begin, time.monotonic()), address)
    assert scene.find_leader(takeover) == survivor
