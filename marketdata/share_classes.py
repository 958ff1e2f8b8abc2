"""Share classes: BRK.B and BRK-B are one instrument, which answers to the name it was asked by.

Exchanges write a class of shares with a dot, some sources with a dash, and with a dot the exchange.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from marketdata.providers.base import Batch

T = TypeVar("T")

# Yahoo's exchanges of one letter: London, Tokyo, Frankfurt, Toronto's venture exchange.
EXCHANGES = "LTFV"
_CLASS = re.compile(rf"([A-Z][A-Z0-9]{{0,5}})\.([A-Z])(?<![{EXCHANGES}])")


def dashed(symbol: str) -> str:
    """BRK-B for BRK.B; RIO.L, which is Rio Tinto in London, stays."""
    return _CLASS.sub(r"\1-\2", symbol) if _CLASS.fullmatch(symbol) else symbol


def ask_dashed(ask: Callable[[Sequence[str]], Batch[T]], symbols: Sequence[str]) -> Batch[T]:
    """What `ask` answers for the dashed symbols, under the names in `symbols`."""
    names = {symbol: dashed(symbol) for symbol in symbols}
    if all(symbol == name for symbol, name in names.items()):
        return ask(symbols)
    batch = ask(list(dict.fromkeys(names.values())))
    return Batch(
        {s: _renamed(batch.found[name], s) for s, name in names.items() if name in batch.found},
        {s: batch.failed[name] for s, name in names.items() if name in batch.failed},
        frozenset(s for s, name in names.items() if name in batch.skipped),
    )


def _renamed(item: T, symbol: str) -> T:
    fact: Any = item
    if getattr(fact, "symbol", symbol) == symbol:
        return item
    renamed: T = msgspec.structs.replace(fact, symbol=symbol)
    return renamed
