"""The Celery tasks: each translates to one call."""

from __future__ import annotations

import logging
import sys
from typing import Any

from celery import Task, shared_task
from celery.signals import beat_init, task_revoked, worker_init, worker_ready
from django.core.exceptions import ImproperlyConfigured

from streams.apps import get_streams
from streams.layers import RedisUnavailable, Throttle
from streams.schedule import EXPIRES_SECONDS
from streams.sharing import require_usable_redis

logger = logging.getLogger(__name__)
expired_ticks = Throttle(
    logger,
    f"Tasks that had expired: %d. They waited {EXPIRES_SECONDS / 60:g} minutes, or the clock of "
    "beat's machine is that much behind this one's",
)


@worker_init.connect
@beat_init.connect
def refuse_unusable_redis(**_: Any) -> None:
    """In a sentence, instead of errors at every tick."""
    try:
        require_usable_redis()
    except ImproperlyConfigured as error:
        sys.exit(str(error))


@task_revoked.connect
def report_expired(expired: bool = False, **_: Any) -> None:
    """Celery's own line says neither why, nor that it is about every tick."""
    if expired:
        expired_ticks.count()


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
