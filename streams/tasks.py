"""The Celery tasks: each translates to one call."""

from __future__ import annotations

import logging

from celery import Task, shared_task

from streams.apps import get_streams
from streams.layers import RedisUnavailable

logger = logging.getLogger(__name__)


@shared_task(name="streams.refresh", bind=True, ignore_result=True)
def refresh(self: Task[..., None], shard: int = 0) -> None:
    """The tick of one shard of the cluster's subscriptions."""
    try:
        get_streams().refresh_shard(shard, str(self.request.id))
    except RedisUnavailable as error:
        # The web processes step in for this tick; the layer says when Redis is lost and back.
        logger.warning("A tick was left out: %s", error)
