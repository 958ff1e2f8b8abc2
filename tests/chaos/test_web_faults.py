"""Web processes die, and start before there is a Redis."""

from __future__ import annotations

import time

import pytest

from tests.chaos.cluster import BEAT, TICK, WEBS, WORKER
from tests.chaos.records import Wish
from tests.chaos.scene import SETTLE_TICKS, Scene, wait_until
from tests.chaos.swarm import Swarm

pytestmark = pytest.mark.chaos


def test_a_killed_web_process_takes_only_its_own_clients_along_and_its_leases_expire(
    scene: Scene,
) -> None:
    cluster = scene.cluster
    cluster.start("web-3")
    url = f"ws://{cluster.processes['web-3'].address}/quotes"
    own = {f"quotes:ONLY{n}" for n in range(5)}
    with Swarm([Wish(url, key.partition(":")[2]) for key in own]) as swarm, scene.unnoticed():
        swarm.wait_until_all_have_data()
        assert own <= set(cluster.get_leases())
        killed_at = time.time()
        cluster.kill("web-3")
        wait_until(lambda: not own & set(cluster.get_leases()), 2 * SETTLE_TICKS * TICK)
        # The lease of the last renewal, and the tick at whose beginning somebody looks.
        assert time.time() - killed_at <= (SETTLE_TICKS + 1) * TICK
        healed = scene.watch(3)
    scene.assert_refreshed_by(WORKER, healed)
    scene.assert_no_repetitions(healed)


def test_web_processes_that_start_before_redis_serve_and_then_join_the_cluster() -> None:
    with Scene() as scene:
        scene.cluster.start(*WEBS)
        scene.let_in()
        with scene.unnoticed():
            scene.settle()
            alone = scene.watch(3)
            scene.cluster.redis.start()
            scene.cluster.start(WORKER, BEAT)
            scene.await_worker()
            scene.settle()
            healed = scene.watch(3)
            scene.assert_few_redis_connections()
        scene.assert_refreshed_locally(alone)
        scene.assert_no_repetitions(alone)
        scene.assert_refreshed_by(WORKER, healed)
        scene.assert_no_repetitions(healed)
