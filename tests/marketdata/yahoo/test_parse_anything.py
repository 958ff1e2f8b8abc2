"""Whatever JSON comes, each parser gives domain values that can be sent, or its two errors."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from marketdata.errors import MalformedAnswer, NotFound
from marketdata.providers.yahoo.parse.details import parse_detail, parse_returns
from marketdata.providers.yahoo.parse.news import parse_rss, parse_search_news, parse_stream_news
from marketdata.providers.yahoo.parse.quotes import parse_movers, parse_quotes, parse_similar
from marketdata.providers.yahoo.parse.sectors import parse_sector
from tests.marketdata.yahoo.answers import (
    FUND,
    MOVERS,
    RETURNS,
    SEARCH,
    SECTOR,
    SIMILAR,
    STOCK,
    STREAM,
    quotes_of_request,
)
from tests.marketdata.yahoo.server import Call

PARSERS: tuple[Callable[[Any], object], ...] = (
    parse_quotes,
    parse_movers,
    parse_similar,
    lambda payload: parse_detail(payload, "ACME"),
    parse_returns,
    lambda payload: parse_sector(payload, "Technology"),
    parse_search_news,
    parse_stream_news,
)
QUOTES = quotes_of_request(Call("GET", "/", {"symbols": "ACME,WILE"}, {}, b""))
GOOD = (QUOTES, MOVERS, SIMILAR, STOCK, FUND, RETURNS, SECTOR, SEARCH, STREAM)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -(10**400), 2**63, -1, 0]),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["ACME", "NONE", "https://a.example", "2025-13-01", "\ud800", "\u202e"]),
)


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()


WORDS = sorted(_keys(list(GOOD)))
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), inner, max_size=5),
    ),
    max_leaves=12,
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A good answer in which some values have been replaced by anything."""
    return _damage(draw(st.sampled_from(GOOD)), draw)


def _damage(value: Any, draw: st.DrawFn) -> Any:
    if draw(st.integers(0, 14)) == 0:
        return draw(JSON)
    if isinstance(value, dict):
        return {key: _damage(item, draw) for key, item in value.items()}
    if isinstance(value, list):
        return [_damage(item, draw) for item in value]
    return value


@settings(max_examples=120, deadline=None)
@given(st.one_of(JSON, damaged()))
def test_any_json_gives_domain_values_or_the_two_errors(payload: Any) -> None:
    for parse in PARSERS:
        with contextlib.suppress(MalformedAnswer, NotFound):
            _assert_sendable(parse(payload))


def _feed(text: str) -> bytes:
    item = f"<title>{text}</title><link>https://a.example/{text}</link><pubDate>{text}</pubDate>"
    return f"<rss><channel><item>{item}</item></channel></rss>".encode("utf-8", "replace")


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=80), st.text(max_size=80).map(_feed)))
def test_any_document_gives_news_or_an_error(document: bytes) -> None:
    with contextlib.suppress(MalformedAnswer):
        _assert_sendable(parse_rss(document))


def _assert_sendable(value: object) -> None:
    built = msgspec.to_builtins(value)
    msgspec.json.encode(built)
    for number in _numbers(built):
        assert math.isfinite(number)


def _numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for item in value.values() for number in _numbers(item)]
    if isinstance(value, list | tuple):
        return [number for item in value for number in _numbers(item)]
    return [value] if isinstance(value, int | float) else []
