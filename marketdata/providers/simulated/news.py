"""News of the simulated market: made up, and saying so in every title."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote

from marketdata.domain.news import News
from marketdata.providers.simulated.instruments import Instrument
from marketdata.providers.simulated.noise import get_fractions

SOURCE = "Simulated News"

_LINK = "https://example.com/simulated-news"
_COUNT = 10
_STORY_SECONDS = 3 * 3600
_HEADLINE_SECONDS = 20 * 60

_STORIES = (
    "{name} trades on in a made-up market",
    "what the pretend analysts expect of {name}",
    "{name} moves as its random walk tells it to",
    "five imaginary questions about {name}",
    "{name} holds a meeting that never took place",
    "no one really bought {name} today",
    "{name} and its neighbours in a market of sine waves",
    "demo traders look at {name}",
    "{name} is quoted by a formula, and the formula is content",
    "a quiet invented hour for {name}",
)
_HEADLINES = (
    "stocks drift as random walks go their ways",
    "demo traders await the next tick",
    "invented indices mixed in made-up trading",
    "no real money changes hands on a busy day",
    "pretend bond yields little changed",
    "imaginary oil steadies after an imaginary slide",
    "made-up earnings season begins",
    "sine waves lead the market, cosines follow",
    "test currencies calm before a fictional rate decision",
    "analysts of nothing see more of the same",
    "sample sectors rotate, as samples do",
    "formula-driven market keeps its shape",
)


def make_news(instrument: Instrument, at: float) -> tuple[News, ...]:
    """Stories about one instrument up to the instant `at`, newest first."""
    return _publish(instrument.symbol, _get_stories(instrument.name), _STORY_SECONDS, at)


@lru_cache(maxsize=16_384)
def _get_stories(name: str) -> tuple[str, ...]:
    return tuple(story.format(name=name) for story in _STORIES)


def make_headlines(at: float) -> tuple[News, ...]:
    """Headlines of the market up to the instant `at`, newest first."""
    return _publish("market", _HEADLINES, _HEADLINE_SECONDS, at)


def _publish(
    topic: str, titles: tuple[str, ...], every_seconds: int, at: float
) -> tuple[News, ...]:
    """One item in each stretch of `every_seconds`, at a moment of its own within it."""
    newest = math.floor(at / every_seconds)
    if _get_moment(topic, every_seconds, newest) > at:
        newest -= 1
    return _make_items(topic, titles, every_seconds, newest)


# As many as there are symbols, and more: a cache that is one too small is of no use at all.
@lru_cache(maxsize=16_384)
def _make_items(
    topic: str, titles: tuple[str, ...], every_seconds: int, newest: int
) -> tuple[News, ...]:
    numbers = range(newest, newest - _COUNT, -1)
    return tuple(_make_item(topic, titles, every_seconds, number) for number in numbers)


def _get_moment(topic: str, every_seconds: int, number: int) -> int:
    """When the item of this number comes out, in Unix seconds."""
    (moment,) = get_fractions(f"{topic} news {number}", 1)
    return int((number + moment) * every_seconds)


def _make_item(topic: str, titles: tuple[str, ...], every_seconds: int, number: int) -> News:
    (start,) = get_fractions(f"{topic} news", 1)
    # Titles take turns, so that no two of a page are the same.
    title = titles[(number + int(start * len(titles))) % len(titles)]
    return News(
        title=f"Simulated: {title}",
        link=f"{_LINK}/{quote(topic.lower(), safe='')}/{number}",
        source=SOURCE,
        published_at=datetime.fromtimestamp(_get_moment(topic, every_seconds, number), UTC),
    )
