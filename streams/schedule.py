"""What Celery beat has to send, and when: a refresh for each shard, every tick."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streams.conf import SETTINGS


def beat_schedule(streams: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Entries for CELERY_BEAT_SCHEDULE, from a project's `STREAMS`."""
    seconds = SETTINGS["REFRESH_SECONDS"].read(streams)
    return {
        f"refresh shard {shard}": {
            "task": "streams.refresh",
            "schedule": seconds,
            "args": (shard,),
            # A tick that nobody took in time is of no use any more.
            "options": {"expires": seconds},
        }
        for shard in range(SETTINGS["REFRESH_SHARDS"].read(streams))
    }
