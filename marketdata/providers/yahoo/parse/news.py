"""News from three sources of different shapes: search, the news stream (ncp) and RSS."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree

from marketdata.domain.news import News
from marketdata.errors import MalformedAnswer
from marketdata.providers.yahoo.parse.values import Table, at, moment, number, read, rows, text, url

MAX_ITEMS = 50
DEFAULT_SOURCE = "Yahoo Finance"
_OLDEST = datetime.min.replace(tzinfo=UTC)
_MEDIA = "{http://search.yahoo.com/mrss/}"

_SEARCH: Table = {
    "title": (text, "title"),
    "link": (url, "link"),
    "source": (text, "publisher"),
    "published_at": (moment, "providerPublishTime"),
}
_STREAM: Table = {
    "title": (text, "title"),
    "link": (url, "canonicalUrl.url", "clickThroughUrl.url"),
    "source": (text, "provider.displayName"),
    "published_at": (moment, "pubDate", "displayTime"),
}


def parse_search_news(payload: Any) -> tuple[News, ...]:
    """The news in an answer of v1/finance/search, newest first."""
    items = at(payload, "news")
    if not isinstance(items, list):
        raise MalformedAnswer("no news list in the answer of the search")
    return _newest_first(_news(read(_SEARCH, row), _thumbnail(row)) for row in rows(items))


def parse_stream_news(payload: Any) -> tuple[News, ...]:
    """The news in an answer of xhr/ncp, newest first; advertisements are left out."""
    if not isinstance(payload, dict) or "data" not in payload:
        raise MalformedAnswer("no data in the answer of the news stream")
    stories = (
        row["content"]
        for row in rows(at(payload, "data.tickerStream.stream"))
        if not row.get("ad") and isinstance(row.get("content"), dict)
    )
    return _newest_first(_news(read(_STREAM, row), _thumbnail(row)) for row in stories)


def parse_rss(document: bytes) -> tuple[News, ...]:
    """The items of an RSS 2.0 feed, newest first."""
    try:
        root = ElementTree.fromstring(document)
    except (ParseError, ValueError, LookupError) as error:
        # Entities and the like raise a ValueError of defusedxml.
        raise MalformedAnswer(f"not an RSS feed: {type(error).__name__}") from error
    if root.tag != "rss":
        raise MalformedAnswer("not an RSS feed")
    return _newest_first(_rss_item(item) for item in root.iter("item"))


def _rss_item(item: Element) -> News | None:
    fields = {
        "title": text(item.findtext("title")),
        "link": url((item.findtext("link") or "").strip()),
        "source": text(item.findtext("source")),
        "published_at": _rss_time(item.findtext("pubDate")),
    }
    media = item.find(f"{_MEDIA}content")
    return _news(fields, None if media is None else url(media.get("url")))


def _rss_time(value: str | None) -> datetime | None:
    """The RFC 2822 date of the standard, or the ISO 8601 one that Yahoo writes at times."""
    stripped = (value or "").strip()
    try:
        parsed = parsedate_to_datetime(stripped)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return moment(stripped)


def _news(fields: dict[str, Any], image: str | None) -> News | None:
    if not fields["title"] or not fields["link"]:
        return None
    return News(**{**fields, "source": fields["source"] or DEFAULT_SOURCE}, image=image)


def _thumbnail(row: dict[str, Any]) -> str | None:
    """The smallest picture offered: it is shown beside a line of text."""
    sizes = [
        (number(size.get("width")) or 0.0, address)
        for size in rows(at(row, "thumbnail.resolutions"))
        if (address := url(size.get("url")))
    ]
    return min(sizes)[1] if sizes else url(at(row, "thumbnail.originalUrl"))


def _newest_first(items: Iterable[News | None]) -> tuple[News, ...]:
    unique = {item.link: item for item in items if item is not None}
    newest = sorted(unique.values(), key=lambda item: item.published_at or _OLDEST, reverse=True)
    return tuple(newest[:MAX_ITEMS])
