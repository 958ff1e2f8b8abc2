"""The project's application; only news of a change ends a connection, no second look at the key."""

import streams.gate

streams.gate.RECHECK_SECONDS = 3600.0

from financequery.asgi import application  # noqa: E402

__all__ = ["application"]
