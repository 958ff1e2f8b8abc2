"""A news item: of one symbol, or a headline of the market."""

from __future__ import annotations

from datetime import datetime

import msgspec


class News(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    link: str
    source: str
    image: str | None = None
    published_at: datetime | None = None
