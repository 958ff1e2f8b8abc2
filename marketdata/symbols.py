"""What a symbol is: parsing and the canonical form of one symbol and of a set of symbols."""

from __future__ import annotations

import re
from collections.abc import Iterable

from marketdata.errors import InvalidSymbol

MAX_SYMBOL_LENGTH = 32

# Letters, digits and the marks exchanges use: ^GSPC, BRK-B, BTC-USD, EURUSD=X, M&M.NS.
_SYMBOL = re.compile(r"\^?[A-Z0-9][A-Z0-9.\-=&_^]*")
# Named, because str.strip() alone would drop control characters and foreign blanks as well.
_BLANKS = " \t\r\n"
_SHOWN_LENGTH = 40


def parse_symbol(text: str) -> str:
    """The canonical (upper case, stripped) form of one symbol.

    Raises InvalidSymbol, naming the text, when no exchange would use it.
    """
    symbol = text.strip(_BLANKS).upper()
    if not text.isascii() or len(symbol) > MAX_SYMBOL_LENGTH or not _SYMBOL.fullmatch(symbol):
        raise InvalidSymbol(f"{_shown(text)} is not a symbol")
    return symbol


def parse_symbols(texts: Iterable[str]) -> tuple[str, ...]:
    """The canonical set: upper case, no duplicates, sorted. Blank entries are skipped.

    Raises InvalidSymbol for the first text that is not a symbol.
    """
    return tuple(sorted({parse_symbol(text) for text in texts if text.strip(_BLANKS)}))


def _shown(text: str) -> str:
    shortened = text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"
    return f"'{shortened}'" if shortened.isprintable() else ascii(shortened)
