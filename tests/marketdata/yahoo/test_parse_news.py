"""News out of the search, the news stream and RSS."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from marketdata.domain.news import News
from marketdata.errors import MalformedAnswer
from marketdata.providers.yahoo.parse.news import parse_rss, parse_search_news, parse_stream_news
from tests.marketdata.yahoo.answers import RSS, SEARCH, STREAM

BOMB = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<rss><channel><item><title>&b;</title><link>https://news.example/1</link></item></channel></rss>"""
FILE = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>
<rss><channel><item><title>&a;</title><link>https://news.example/1</link></item></channel></rss>"""


def test_search_news_come_newest_first_with_the_smallest_picture() -> None:
    assert parse_search_news(SEARCH) == (
        News(
            title="Newer gnp",
            link="https://news.example/newer",
            source="The Paper",
            image="https://img.example/small.jpg",
            published_at=datetime(2025, 2, 25, 0, 21, 40, tzinfo=UTC),
        ),
        News(
            title="Older",
            link="https://news.example/older",
            source="The Paper",
            published_at=datetime(2025, 2, 25, 0, 20, tzinfo=UTC),
        ),
    )


def test_the_stream_is_read_without_advertisements() -> None:
    assert parse_stream_news(STREAM) == (
        News(
            title="From the stream",
            link="https://news.example/stream",
            source="The Wire",
            image="https://img.example/o.jpg",
            published_at=datetime(2025, 10, 29, 20, 33, 56, tzinfo=UTC),
        ),
    )


def test_an_empty_stream_is_no_news() -> None:
    assert parse_stream_news({"data": None, "status": "OK"}) == ()


def test_rss_is_read_with_either_kind_of_date() -> None:
    assert parse_rss(RSS) == (
        News(
            title="ISO date",
            link="https://news.example/2",
            source="The Source",
            image="https://img.example/2.jpg",
            published_at=datetime(2026, 7, 15, 21, 35, tzinfo=UTC),
        ),
        News(
            title="Standard date & more",
            link="https://news.example/1",
            source="Yahoo Finance",
            published_at=datetime(2026, 7, 15, 20, 35, tzinfo=UTC),
        ),
        News(title="Bad date", link="https://news.example/3", source="Yahoo Finance"),
    )


def test_the_same_story_is_told_once() -> None:
    assert len(parse_search_news({"news": SEARCH["news"] * 2})) == 2


@pytest.mark.parametrize("payload", [None, [], {}, {"news": None}, {"news": {}}])
def test_a_wrong_search_answer_is_malformed(payload: Any) -> None:
    with pytest.raises(MalformedAnswer):
        parse_search_news(payload)


@pytest.mark.parametrize("payload", [None, [], {}, "data"])
def test_a_wrong_stream_answer_is_malformed(payload: Any) -> None:
    with pytest.raises(MalformedAnswer):
        parse_stream_news(payload)


@pytest.mark.parametrize(
    "document",
    [b"", b"{}", b"<rss>", b"<html></html>", b"<?xml version='1.0' encoding='no-such'?><rss/>"],
)
def test_what_is_no_feed_is_malformed(document: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        parse_rss(document)


@pytest.mark.parametrize("document", [BOMB, FILE])
def test_entities_are_not_expanded(document: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        parse_rss(document)
