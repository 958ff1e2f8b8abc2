"""The Celery tasks: each translates to one call."""

from __future__ import annotations

import logging
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_ready

from streams.apps import get_streams
from streams.layers import RedisUnavailable

logger = logging.getLogger(__name__)


@worker_ready.connect
def start_reporting(**_: Any) -> None:
    """Also a worker that has nothing to do yet is to be seen."""
    get_streams().start_reporting()


@shared_task(name="streams.refresh", bind=True, ignore_result=True)
def refresh(self: Task[..., None], shard: int = 0) -> None:
    """The tick of one shard of the cluster's subscriptions."""
    try:
        get_streams().refresh_shard(shard, str(self.request.id))
    except RedisUnavailable as error:
        # The web processes step in for this tick; the layer says when Redis is lost and back.
        get_streams().counts.failed_ticks += 1
        logger.warning("A tick was left out: %s", error)
