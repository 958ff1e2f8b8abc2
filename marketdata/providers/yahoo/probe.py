"""The probe: asks each endpoint once, one after the other, and says what works from here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sized

import msgspec

from marketdata.deadlines import Deadline
from marketdata.domain.indices import INDICES
from marketdata.errors import ProviderError
from marketdata.providers.yahoo.client import YahooClient
from marketdata.providers.yahoo.endpoints import YahooEndpoints
from marketdata.providers.yahoo.options import YahooOptions
from marketdata.providers.yahoo.quote_calls import QUOTES_PER_CALL

CHECK_SECONDS = 10.0

Check = Callable[[Deadline], str]


class ProbeResult(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table; `note` says what came, or what went wrong."""

    name: str
    is_ok: bool
    milliseconds: int
    note: str


class Probe:
    """Makes a dozen calls, with credentials of its own and no regard for breakers of others."""

    def __init__(self, options: YahooOptions, symbol: str) -> None:
        self._client = YahooClient(options)
        self._endpoints = YahooEndpoints(self._client)
        self._symbol = symbol

    def run(self) -> Iterator[ProbeResult]:
        """The result of each check as it ends."""
        for name, check in self._checks().items():
            yield _timed(name, check)

    def _checks(self) -> dict[str, Check]:
        fetch, symbol = self._endpoints, self._symbol
        batch = tuple(index.symbol for index in INDICES)[:QUOTES_PER_CALL]
        return {
            "cookie": self._cookie,
            "crumb": self._crumb,
            "quotes": lambda deadline: _count("row", fetch.fetch_quotes([symbol], deadline)),
            f"batch of {len(batch)}": lambda deadline: (
                f"{len(fetch.fetch_quotes(batch, deadline))} of {len(batch)} rows"
            ),
            "detail": lambda deadline: f"sector {fetch.fetch_detail(symbol, deadline).sector}",
            "returns": lambda deadline: f"ytd {fetch.fetch_returns(symbol, deadline).ytd} %",
            "similar": lambda deadline: _count("symbol", fetch.fetch_similar(symbol, deadline)),
            "movers": lambda deadline: _count("row", fetch.fetch_movers("MOST_ACTIVES", deadline)),
            "sectors": lambda deadline: (
                f"Technology {fetch.fetch_sector('Technology', deadline).day_return} %"
            ),
            "news search": lambda deadline: _count("item", fetch.search_news(symbol, deadline)),
            "news stream": lambda deadline: _count("item", fetch.stream_news([symbol], deadline)),
            "headlines": lambda deadline: _count("item", fetch.read_feed(deadline)),
        }

    def _cookie(self, deadline: Deadline) -> str:
        cookie = self._client.credentials.get(deadline).cookie
        return ", ".join(pair.partition("=")[0] for pair in cookie.split("; "))

    def _crumb(self, deadline: Deadline) -> str:
        return f"{len(self._client.credentials.get(deadline).crumb)} characters"


def _timed(name: str, check: Check) -> ProbeResult:
    began_at = time.monotonic()
    try:
        note, is_ok = check(Deadline.after(CHECK_SECONDS)), True
    except ProviderError as error:
        note, is_ok = f"{type(error).__name__}: {error}", False
    milliseconds = round(1000 * (time.monotonic() - began_at))
    return ProbeResult(name=name, is_ok=is_ok, milliseconds=milliseconds, note=note)


def _count(what: str, found: Sized) -> str:
    return f"{len(found)} {what}{'' if len(found) == 1 else 's'}"
