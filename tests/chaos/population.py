"""Who listens to what: 200 clients on 40 subscriptions, spread over both web processes."""

from __future__ import annotations

from collections.abc import Mapping

from streams.topics import INDEX_SYMBOLS
from tests.chaos.cluster import WEBS
from tests.chaos.records import Wish
from tests.chaos.upstream import SIMILAR_SYMBOLS

PROFILES = tuple(f"PROF{n}" for n in range(8))
SYMBOLS = tuple(f"S{n:03}" for n in range(100))
SETS = tuple(tuple(SYMBOLS[(7 * n + k) % len(SYMBOLS)] for k in range(11)) for n in range(30))

PATHS = (
    *(("/quotes", ",".join(symbols)) for symbols in SETS),
    *((f"/profile/{symbol}", "") for symbol in PROFILES),
    ("/market", ""),
    ("/hours", ""),
)
CLIENTS_PER_PATH = 5

# What the whole cluster needs quotes of.
UNION = frozenset(SYMBOLS) | frozenset(PROFILES) | SIMILAR_SYMBOLS | INDEX_SYMBOLS


def get_wishes(addresses: Mapping[str, str]) -> list[Wish]:
    """The whole population, for web processes at these addresses."""
    return [
        Wish(f"ws://{addresses[_get_web(number, client)]}{path}", text)
        for number, (path, text) in enumerate(PATHS)
        for client in range(CLIENTS_PER_PATH)
    ]


def get_union_of(web: str) -> frozenset[str]:
    """What the clients of one web process need quotes of."""
    here = {
        number
        for number in range(len(PATHS))
        if any(_get_web(number, client) == web for client in range(CLIENTS_PER_PATH))
    }
    union: frozenset[str] = frozenset()
    for number in here:
        path, text = PATHS[number]
        if path == "/quotes":
            union |= frozenset(text.split(","))
        elif path == "/market":
            union |= INDEX_SYMBOLS
        elif path != "/hours":
            union |= {path.rpartition("/")[2]} | SIMILAR_SYMBOLS
    return union


def _get_web(number: int, client: int) -> str:
    """A quarter of the subscriptions is of one process only, a quarter of the other only."""
    return WEBS[number % 4 if number % 4 < 2 else client % 2]
