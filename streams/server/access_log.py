"""The access log (`serve --access-log`): Daphne's, without queries, in which people put secrets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from daphne.access import AccessLogGenerator


class AccessLog(AccessLogGenerator):
    def __call__(self, protocol: str, action: str, details: dict[str, Any]) -> None:
        path = details["path"].partition("?")[0]
        client = (details.get("client") or "").removesuffix(":0") or None  # behind proxies: no port
        super().__call__(protocol, action, {**details, "path": path, "client": client})


def open_access_log(target: str | None) -> AccessLog | None:
    """To standard output for `-`, else to the end of that file; None: there is none."""
    if not target:
        return None
    return AccessLog(sys.stdout if target == "-" else Path(target).open("a", 1))
