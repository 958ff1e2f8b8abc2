"""Redis dies, freezes, is full, or drops connections."""

from __future__ import annotations

import pytest

from tests.chaos.cluster import WORKER
from tests.chaos.scene import Scene

pytestmark = pytest.mark.chaos

FROZEN_TICKS = 15


def test_each_web_process_serves_its_own_clients_while_redis_is_dead(scene: Scene) -> None:
    with scene.unnoticed():
        scene.watch(1)
        scene.cluster.redis.kill()
        scene.settle()
        alone = scene.watch(3)
        scene.cluster.redis.start()
        scene.await_worker()
        scene.settle()
        healed = scene.watch(3)
        scene.assert_few_redis_connections()
    scene.assert_refreshed_locally(alone)
    scene.assert_no_repetitions(alone)
    scene.assert_refreshed_by(WORKER, healed)
    scene.assert_no_repetitions(healed)


def test_a_frozen_redis_is_no_worse_than_a_dead_one(scene: Scene) -> None:
    with scene.unnoticed():
        scene.watch(1)
        scene.cluster.redis.pause()
        scene.settle()
        alone = scene.watch(FROZEN_TICKS - 3)
        scene.cluster.redis.resume()
        scene.await_worker()
        scene.settle()
        healed = scene.watch(3)
        scene.assert_few_redis_connections()
    scene.assert_refreshed_locally(alone)
    scene.assert_no_repetitions(alone)
    scene.assert_refreshed_by(WORKER, healed)
    scene.assert_no_repetitions(healed)


def test_each_web_process_serves_its_own_clients_while_redis_is_full(
    scene: Scene,
) -> None:
    redis = scene.cluster.redis
    with scene.unnoticed():
        scene.watch(1)
        redis.command("CONFIG", "SET", "maxmemory", "1")
        scene.settle()
        alone = scene.watch(3)
        redis.command("CONFIG", "SET", "maxmemory", "0")
        scene.await_worker()
        scene.settle()
        healed = scene.watch(3)
        scene.assert_few_redis_connections()
    scene.assert_refreshed_locally(alone)
    scene.assert_no_repetitions(alone)
    scene.assert_refreshed_by(WORKER, healed)
    scene.assert_no_repetitions(healed)


def test_dropped_subscriptions_are_restored_at_once(scene: Scene) -> None:
    with scene.unnoticed():
        scene.watch(1)
        assert scene.cluster.redis.command("CLIENT", "KILL", "TYPE", "pubsub") >= 2
        scene.settle()
        healed = scene.watch(3)
        scene.assert_few_redis_connections()
    scene.assert_refreshed_by(WORKER, healed)
    scene.assert_no_repetitions(healed)
