"""Symbols: what is one, and the canonical form of one and of a set."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketdata.domain.indices import INDICES
from marketdata.errors import InvalidSymbol
from marketdata.symbols import MAX_SYMBOL_LENGTH, parse_symbol, parse_symbols

FIRST = string.ascii_letters + string.digits
symbols = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "^"]),
    st.sampled_from(FIRST),
    st.text(FIRST + ".-=&_^", max_size=MAX_SYMBOL_LENGTH - 2),
)
blanks = st.text(" \t\r\n", max_size=3)
CANONICAL = re.compile(r"[A-Z0-9.\-=&_^]{1,32}")

NO_SYMBOLS = {
    "empty": "",
    "blank": " ",
    "blank inside": "BRK B",
    "tab inside": "BRK\tB",
    "line feed inside": "AAPL\nMSFT",
    "comma": "AAPL,MSFT",
    "NUL": "AAPL\x00",
    "control character before": "\x1fAAPL",
    "control character after": "AAPL\x1c",
    "escape": "\x1b[31mAAPL",
    "delete": "AAPL\x7f",
    "next line": "AAPL\x85",
    "no-break space": "\u00a0AAPL",
    "ideographic space": "AAPL\u3000",
    "zero-width space": "AA\u200bPL",
    "byte order mark": "\ufeffAAPL",
    "right-to-left override": "\u202eAAPL",
    "emoji": "🚀",
    "emoji after letters": "GME🚀",
    "SQL": "'; DROP TABLE streams_apikey; --",
    "SQL comparison": "A' OR '1'='1",
    "markup": "<script>",
    "path": "../../etc/passwd",
    "slash": "EUR/USD",
    "query": "AAPL?crumb=x",
    "escaped": "AAPL%00",
    "format": "{0.__class__}",
    "mark alone": "^",
    "two marks first": "^^GSPC",
    "dot first": ".DJI",
    "dash first": "-AAPL",
    "300 characters": "A" * 300,
    "a character too long": "A" * (MAX_SYMBOL_LENGTH + 1),
    "lone high surrogate": "AAPL\ud800",
    "lone low surrogate": "\udc80AAPL",
    "dotless i, which upper() makes I": "ıBM",
    "sharp s, which upper() makes SS": "ß",
    "long s, which upper() makes S": "TſLA",
    "ligature, which upper() makes FI": "ﬁ",
    "full-width letters": "ＡＡＰＬ",
    "Cyrillic that looks Latin": "АAPL",
    "Arabic digits": "٠٠٠١",
}


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("AAPL", "AAPL"),
        ("aapl", "AAPL"),
        ("  Msft\t\r\n", "MSFT"),
        ("^gspc", "^GSPC"),
        ("btc-usd", "BTC-USD"),
        ("eurusd=x", "EURUSD=X"),
        ("gc=f", "GC=F"),
        ("m&m.ns", "M&M.NS"),
        ("000001.ss", "000001.SS"),
        ("sim0001", "SIM0001"),
        ("A" * MAX_SYMBOL_LENGTH, "A" * MAX_SYMBOL_LENGTH),
    ],
)
def test_a_symbol_is_stripped_and_upper_case(text: str, symbol: str) -> None:
    assert parse_symbol(text) == symbol


def test_every_index_is_a_canonical_symbol() -> None:
    assert [parse_symbol(index.symbol) for index in INDICES] == [index.symbol for index in INDICES]


@pytest.mark.parametrize("text", NO_SYMBOLS.values(), ids=NO_SYMBOLS.keys())
def test_what_no_exchange_uses_is_refused(text: str) -> None:
    with pytest.raises(InvalidSymbol):
        parse_symbol(text)


@pytest.mark.parametrize("text", [text for text in NO_SYMBOLS.values() if text.strip(" ")])
def test_one_that_is_no_symbol_spoils_the_set(text: str) -> None:
    with pytest.raises(InvalidSymbol):
        parse_symbols(["AAPL", text, "MSFT"])


@pytest.mark.parametrize("text", ["AAPL\ud800", "\x1b[31m", "🚀" * 300, "A" * 100_000])
def test_the_refusal_is_short_and_printable(text: str) -> None:
    with pytest.raises(InvalidSymbol) as refusal:
        parse_symbol(text)
    message = str(refusal.value)
    assert message.encode()
    assert message.isprintable()
    assert len(message) < 500


def test_a_set_is_sorted_without_duplicates_and_blanks() -> None:
    expected = ("AAPL", "MSFT", "^GSPC")
    assert parse_symbols(["msft", " AAPL ", "", "Msft", "  \t", "^gspc"]) == expected
    assert parse_symbols([]) == ()
    assert parse_symbols(["", " "]) == ()


@given(symbols)
def test_the_canonical_form_is_its_own_canonical_form(text: str) -> None:
    symbol = parse_symbol(text)
    assert CANONICAL.fullmatch(symbol)
    assert parse_symbol(symbol) == symbol
    assert parse_symbols([symbol]) == (symbol,)


@given(st.text())
def test_any_text_is_a_canonical_symbol_or_refused(text: str) -> None:
    try:
        symbol = parse_symbol(text)
    except InvalidSymbol:
        return
    assert CANONICAL.fullmatch(symbol)
    assert symbol == text.strip().upper()


@given(st.lists(symbols, max_size=12), st.data())
def test_case_order_duplicates_and_blanks_do_not_matter(
    texts: list[str], data: st.DataObject
) -> None:
    expected = parse_symbols(texts)
    recased = [data.draw(st.sampled_from([text.upper(), text.lower(), text])) for text in texts]
    repeated = recased + [text for text in texts if data.draw(st.booleans())]
    padded = [data.draw(blanks) + text + data.draw(blanks) for text in repeated]
    shuffled = data.draw(st.permutations([*padded, *data.draw(st.lists(blanks, max_size=3))]))
    assert parse_symbols(shuffled) == expected
    assert parse_symbols(iter(shuffled)) == expected


@given(st.lists(symbols))
def test_a_set_is_canonical(texts: list[str]) -> None:
    canonical = parse_symbols(texts)
    assert list(canonical) == sorted(set(canonical))
    assert set(canonical) == {parse_symbol(text) for text in texts}
    assert parse_symbols(canonical) == canonical
