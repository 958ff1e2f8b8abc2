"""Texts and addresses as people wrote them, without what HTML made of them on the way."""

from __future__ import annotations

import pytest

from marketdata.providers.yahoo.parse.news import parse_rss
from marketdata.providers.yahoo.parse.values import prose, text, url

TEXTS = [
    ("S&amp;P Global Inc.", "S&P Global Inc."),
    ("Moody&#39;s", "Moody's"),
    ("Moody&#x27;s", "Moody's"),
    ("L&#8217;Or&eacute;al", "L\u2019Oréal"),
    ("&quot;Buy&quot; &lt; &gt;", '"Buy" < >'),
    ("one&nbsp;two", "one two"),
    ("AT&T", "AT&T"),
    ("P&LT and R&D &copy A&T;", "P&LT and R&D &copy A&T;"),
    # Only once: this is how somebody writes about entities.
    ("the entity &amp;amp;", "the entity &amp;"),
    ("bell&#7; zero&#0; far&#99999999; &#xD800;", "bell zero\ufffd far&#99999999; \ufffd"),
    ("&#8238;drowssap", "drowssap"),
]


@pytest.mark.parametrize(("sent", "shown"), TEXTS)
def test_entities_are_read_once(sent: str, shown: str) -> None:
    assert text(sent) == shown
    assert prose(sent) == shown


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("https://news.example/?a=1&amp;b=2", "https://news.example/?a=1&b=2"),
        ("https://news.example/?a=1&copy=2", "https://news.example/?a=1&copy=2"),
        ("https://news.example/&quot;onload=", None),
        ("javascript&#58;alert(1)", None),
        ("https&#58;//news.example/&lt;b&gt;", None),
    ],
)
def test_entities_in_addresses_are_read_before_these_are_looked_at(
    sent: str, shown: str | None
) -> None:
    assert url(sent) == shown


def test_a_feed_that_was_escaped_twice_is_read() -> None:
    [item] = parse_rss(
        b"<rss><channel><item><title>S&amp;amp;P 500 &amp;#39;soars&amp;#39;</title>"
        b"<link>https://news.example/?a=1&amp;amp;b=2</link><source>Dow &amp;amp; Co</source>"
        b"</item></channel></rss>"
    )
    assert (item.title, item.source) == ("S&P 500 'soars'", "Dow & Co")
    assert item.link == "https://news.example/?a=1&b=2"
