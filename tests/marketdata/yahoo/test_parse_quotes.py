"""Quotes, movers and similar symbols out of Yahoo's JSON."""

from __future__ import annotations

from typing import Any

import pytest

from marketdata.domain.quote import SimpleQuote
from marketdata.errors import MalformedAnswer, NotFound
from marketdata.providers.yahoo.parse.quotes import parse_movers, parse_quotes, parse_similar
from tests.marketdata.yahoo.answers import ACME, MOVERS, SIMILAR, finance, quotes

WRONG_SHAPES: list[Any] = [
    None,
    42,
    "text",
    [],
    {},
    {"somethingWeird": True},
    {"quoteResponse": None, "finance": None, "quoteSummary": None},
    {"quoteResponse": {"result": {}}, "finance": {"result": "x"}},
    {"quoteResponse": [], "finance": []},
]


def one(**changes: Any) -> SimpleQuote:
    (quote,) = parse_quotes(quotes({**ACME, **changes})).values()
    return quote


def test_every_field_of_a_quote_is_read() -> None:
    assert one() == SimpleQuote(
        symbol="ACME",
        name="Acme Corporation",
        price=150.25,
        change=2.15,
        percent_change=1.4517,
        open=148.5,
        high=151.0,
        low=147.75,
        year_high=180.0,
        year_low=90.5,
        volume=1234567,
        average_volume=2345678,
        market_cap=2.5e12,
        pe=30.5,
        eps=4.93,
        currency="USD",
        price_hint=2,
        logo="https://logos.example/acme.png",
    )


def test_formatted_numbers_are_the_same() -> None:
    quote = one(
        regularMarketPrice={"raw": 150.25, "fmt": "150.25"},
        regularMarketVolume={"raw": 1234567, "fmt": "1.23M", "longFmt": "1,234,567"},
    )
    assert quote == one()


@pytest.mark.parametrize(
    ("state", "pre", "post"),
    [
        ("PRE", 149.0, None),
        ("POST", None, 151.5),
        ("PREPRE", None, None),
        ("REGULAR", None, None),
        ("POSTPOST", None, None),
        ("CLOSED", None, None),
        (None, None, None),
        (["PRE"], None, None),
    ],
)
def test_extended_hours_prices_belong_to_their_session(
    state: Any, pre: float | None, post: float | None
) -> None:
    quote = one(marketState=state)
    assert (quote.pre_market_price, quote.after_hours_price) == (pre, post)


@pytest.mark.parametrize(
    "value", [None, {}, "150.25", True, float("nan"), float("inf"), 10**400, [], {"raw": "1"}]
)
def test_what_is_no_number_is_unknown(value: Any) -> None:
    quote = one(regularMarketPrice=value, regularMarketVolume=value, marketCap=value)
    assert (quote.price, quote.volume, quote.market_cap) == (None, None, None)
    assert quote.change == 2.15


def test_a_zero_high_is_unknown_but_a_zero_change_is_not() -> None:
    quote = one(regularMarketDayHigh=0, fiftyTwoWeekLow=0, regularMarketChange=0)
    assert (quote.high, quote.year_low, quote.change) == (None, None, 0.0)


def test_pence_stay_pence() -> None:
    quote = one(currency="GBp", regularMarketPrice=308.8)
    assert (quote.currency, quote.price) == ("GBp", 308.8)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"longName": None}, "Acme"),
        ({"longName": None, "shortName": None}, "ACME"),
        ({"longName": 5, "shortName": "\u200f \x00"}, "ACME"),
        ({"longName": "A\u202ecm\x07e\n\t Co\u2069"}, "Acme Co"),
        ({"longName": "x" * 9999}, "x" * 300),
        ({"longName": "\ud800ok"}, "ok"),
    ],
)
def test_names_are_cleaned(changes: dict[str, Any], name: str) -> None:
    assert one(**changes).name == name


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "//logos.example", "https://a b", 'https://a"b', 5, None]
)
def test_a_logo_is_a_web_address(link: Any) -> None:
    assert one(companyLogoUrl=link).logo is None


def test_delisted_and_wrong_rows_cost_only_themselves() -> None:
    payload = quotes(
        {"symbol": "GONE", "quoteType": "NONE"},
        None,
        "row",
        {"longName": "No symbol"},
        {"symbol": "not a symbol"},
        {"symbol": "acme", "regularMarketPrice": 1},
        ACME,
    )
    assert {symbol: quote.price for symbol, quote in parse_quotes(payload).items()} == {"ACME": 1.0}


def test_a_quote_without_a_price_is_still_known() -> None:
    (quote,) = parse_quotes(quotes({"symbol": "NOP", "quoteType": "MUTUALFUND"})).values()
    assert quote == SimpleQuote(symbol="NOP", name="NOP")


@pytest.mark.parametrize("payload", WRONG_SHAPES)
@pytest.mark.parametrize("parse", [parse_quotes, parse_movers, parse_similar])
def test_a_wrong_envelope_is_malformed(parse: Any, payload: Any) -> None:
    with pytest.raises(MalformedAnswer):
        parse(payload)


def test_reported_errors_are_told_apart() -> None:
    error = {"code": "Not Found", "description": "No screener found"}
    with pytest.raises(NotFound):
        parse_movers({"finance": {"result": None, "error": error}})
    with pytest.raises(MalformedAnswer, match="internal-error"):
        parse_quotes({"quoteResponse": {"result": None, "error": {"code": "internal-error"}}})
    with pytest.raises(MalformedAnswer):
        parse_quotes({"quoteResponse": {"result": None, "error": "oops"}})


def test_movers_keep_their_order_and_lose_bad_rows() -> None:
    actives = parse_movers(MOVERS)
    assert [mover.symbol for mover in actives] == ["ACME", "WILE"]
    assert (actives[0].name, actives[0].price, actives[0].volume) == (
        "Acme Corporation",
        150.25,
        1234567,
    )
    assert parse_movers(finance({"quotes": [None, {"symbol": 5}, {"symbol": "X"}]}))[0].name == "X"
    assert parse_movers(finance({"quotes": None})) == ()


def test_similar_symbols_are_canonical_and_others_than_oneself() -> None:
    assert parse_similar(SIMILAR) == ("WILE", "ROAD")
    assert parse_similar(finance()) == ()
