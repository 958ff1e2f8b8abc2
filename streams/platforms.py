"""What is known of the platforms that run Procfiles and containers; docs/deployment.md has more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec


class Platform(msgspec.Struct, frozen=True):
    """A platform as a process of it sees it."""

    name: str
    variable: str
    """Set in the environment of each process there."""

    proxy_hops: int
    """How many entries its proxies append to X-Forwarded-For, at least."""

    kill_seconds: float
    """From SIGTERM to SIGKILL, unless told otherwise."""


PLATFORMS: Final = (
    Platform("Heroku", "DYNO", proxy_hops=1, kill_seconds=30),
    Platform("Render", "RENDER", proxy_hops=1, kill_seconds=30),
    Platform("Railway", "RAILWAY_PROJECT_ID", proxy_hops=1, kill_seconds=0),
    # Its proxy appends the client's address and then the application's own.
    Platform("Fly.io", "FLY_APP_NAME", proxy_hops=2, kill_seconds=5),
)


def find_platform(is_set: Callable[[str], bool]) -> Platform | None:
    """The platform whose variable is set, if any."""
    return next((platform for platform in PLATFORMS if is_set(platform.variable)), None)


def get_platform(name: str) -> Platform | None:
    return next((platform for platform in PLATFORMS if platform.name == name), None)
