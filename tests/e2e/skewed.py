"""Runs `serve` or a Celery worker by a clock that is SKEW seconds ahead: `python skewed.py web`.

The wall clock alone: time is measured, and the loop runs, by monotonic clocks.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

SKEW = float(os.environ["SKEW"])


def main() -> None:
    sys.path.insert(0, str(Path.cwd()))
    os.environ["DJANGO_SETTINGS_MODULE"] = "financequery.settings"
    real_time = time.time
    time.time = lambda: real_time() + SKEW
    import django

    django.setup()
    import streams.feed  # noqa: F401 - one of those who read the clock

    for module in [m for name, m in sys.modules.items() if name.startswith("streams.")]:
        if hasattr(module, "utc_now"):
            vars(module)["utc_now"] = lambda: datetime.now(UTC) + timedelta(seconds=SKEW)
    if sys.argv[1] == "web":
        from django.core.management import execute_from_command_line

        execute_from_command_line(["manage.py", "serve", "--port", "0"])
        return
    from celery.__main__ import main as celery

    sys.argv = ["celery", "-A", "financequery", "worker", "--without-gossip", "--without-mingle"]
    celery()


if __name__ == "__main__":
    main()
