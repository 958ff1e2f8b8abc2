"""What each endpoint is made of: which facts it needs, and how they become its message."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec

from marketdata.domain.indices import INDICES
from marketdata.domain.movers import Mover, Movers
from marketdata.domain.news import News
from marketdata.domain.quote import QuoteDetail, Returns, SimpleQuote
from marketdata.domain.sectors import Sector
from marketdata.hours import get_market_hours
from streams import messages, rendering
from streams.formatting import ago_text
from streams.fragments import Fragments
from streams.subscriptions import Endpoint, Subscription

NO_SYMBOLS: frozenset[str] = frozenset()
INDEX_SYMBOLS = frozenset(index.symbol for index in INDICES)


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be fetched."""

    quotes: frozenset[str] = NO_SYMBOLS
    # Symbols of which detail, similar instruments (and their quotes) and news are wanted.
    profiles: frozenset[str] = NO_SYMBOLS
    index_returns: frozenset[str] = NO_SYMBOLS
    movers: bool = False
    sectors: bool = False
    headlines: bool = False


def unite(needs: Collection[Needs]) -> Needs:
    """What all of them need, in one pass: there may be thousands."""
    return Needs(
        quotes=NO_SYMBOLS.union(*(need.quotes for need in needs)),
        profiles=NO_SYMBOLS.union(*(need.profiles for need in needs)),
        index_returns=NO_SYMBOLS.union(*(need.index_returns for need in needs)),
        movers=any(need.movers for need in needs),
        sectors=any(need.sectors for need in needs),
        headlines=any(need.headlines for need in needs),
    )


class Facts:
    """What was fetched for one refresh. What is missing was unknown or could not be had."""

    def __init__(
        self,
        now: datetime,
        *,
        quotes: Mapping[str, SimpleQuote] | None = None,
        unknown: frozenset[str] = NO_SYMBOLS,
        details: Mapping[str, QuoteDetail] | None = None,
        similar: Mapping[str, tuple[str, ...]] | None = None,
        news: Mapping[str, tuple[News, ...]] | None = None,
        index_returns: Mapping[str, Returns] | None = None,
        movers: Movers | None = None,
        sectors: tuple[Sector, ...] = (),
        headlines: tuple[News, ...] = (),
        fragments: Fragments | None = None,
    ) -> None:
        self.now = now
        self.quotes = quotes or {}
        # Of these the source says that it does not know them; others could not be had.
        self.unknown = unknown
        self.details = details or {}
        self.similar = similar or {}
        self.news = news or {}
        self.index_returns = index_returns or {}
        self.movers = movers or Movers()
        self.sectors = sectors
        self.headlines = headlines
        self.fragments = Fragments() if fragments is None else fragments
        self._encoded_quotes: dict[str, msgspec.Raw] = {}

    def encoded_quotes(self, symbols: Iterable[str]) -> tuple[msgspec.Raw, ...]:
        """The known ones of `symbols` as JSON, each encoded once however many sets it is in."""
        return tuple(
            self._encoded_quotes.get(symbol) or self._encoded_quote(symbol)
            for symbol in symbols
            if symbol in self.quotes
        )

    def status_of(self, symbol: str) -> messages.ProfileStatus:
        """Whether there is a quote of it, and whether there could be one."""
        if symbol in self.quotes:
            return "ok"
        return "unknown" if symbol in self.unknown else "unavailable"

    def _encoded_quote(self, symbol: str) -> msgspec.Raw:
        quote = self.quotes[symbol]
        encoded = self._encoded_quotes[symbol] = self.fragments.get(
            f"quote:{symbol}", quote, lambda: rendering.simple_quote_message(quote)
        )
        return encoded

    def encoded_profile_quote(self, symbol: str, detail: QuoteDetail) -> msgspec.Raw | None:
        """The quote with all facts as JSON."""
        quote = self.quotes.get(symbol)
        if quote is None:
            return None
        make = partial(rendering.quote_message, quote, detail)
        return self.fragments.get(f"profile:{symbol}", (quote, detail), make)

    def encoded_news(self, symbol: str) -> msgspec.Raw:
        """The news of one symbol as a JSON array. They change also when they grow older."""
        news = self.news.get(symbol, ())
        ages = "|".join(ago_text(item.published_at, self.now) or "" for item in news)

        def make() -> object:
            return [rendering.news_message(item, self.now) for item in news]

        return self.fragments.get(f"news:{symbol}", (news, ages), make)


class Topic(Protocol):
    """One endpoint's content."""

    def needs(self, subscription: Subscription) -> Needs:
        """What must be fetched for it."""

    def build(self, subscription: Subscription, facts: Facts) -> object:
        """Its message; what `facts` lack is null or an empty list in it."""


class QuotesTopic:
    def needs(self, subscription: Subscription) -> Needs:
        return Needs(quotes=frozenset(subscription.symbols))

    def build(self, subscription: Subscription, facts: Facts) -> object:
        return facts.encoded_quotes(subscription.symbols)


class ProfileTopic:
    def needs(self, subscription: Subscription) -> Needs:
        symbols = frozenset(subscription.symbols)
        return Needs(quotes=symbols, profiles=symbols, sectors=True)

    def build(self, subscription: Subscription, facts: Facts) -> object:
        (symbol,) = subscription.symbols
        detail = facts.details.get(symbol) or QuoteDetail(symbol=symbol)
        sectors = {sector.name: sector for sector in facts.sectors}
        sector = sectors.get(detail.sector or "")
        return messages.ProfileMessage(
            quote=facts.encoded_profile_quote(symbol, detail),
            similar=facts.encoded_quotes(facts.similar.get(symbol, ())),
            sector_performance=rendering.sector_message(sector) if sector else None,
            news=facts.encoded_news(symbol),
            status=facts.status_of(symbol),
        )


class MarketTopic:
    def needs(self, subscription: Subscription) -> Needs:
        return Needs(
            quotes=INDEX_SYMBOLS,
            index_returns=INDEX_SYMBOLS,
            movers=True,
            sectors=True,
            headlines=True,
        )

    def build(self, subscription: Subscription, facts: Facts) -> object:
        return messages.MarketMessage(
            actives=_mover_messages(facts.movers.actives),
            gainers=_mover_messages(facts.movers.gainers),
            losers=_mover_messages(facts.movers.losers),
            indices=tuple(
                rendering.index_message(
                    index.name,
                    facts.quotes[index.symbol],
                    facts.index_returns.get(index.symbol, Returns()),
                )
                for index in INDICES
                if index.symbol in facts.quotes
            ),
            headlines=tuple(rendering.news_message(item, facts.now) for item in facts.headlines),
            sectors=tuple(rendering.sector_message(sector) for sector in facts.sectors),
        )


class HoursTopic:
    def needs(self, subscription: Subscription) -> Needs:
        return Needs()

    def build(self, subscription: Subscription, facts: Facts) -> object:
        return rendering.hours_message(get_market_hours(facts.now))


TOPICS: Mapping[Endpoint, Topic] = {
    Endpoint.PROFILE: ProfileTopic(),
    Endpoint.QUOTES: QuotesTopic(),
    Endpoint.MARKET: MarketTopic(),
    Endpoint.HOURS: HoursTopic(),
}


def _mover_messages(movers: tuple[Mover, ...] | None) -> tuple[messages.MoverMessage, ...]:
    return tuple(rendering.mover_message(mover) for mover in movers or ())
