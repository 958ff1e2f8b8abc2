"""How many decimals a price needs: those of its source, and more where these would hide it."""

from __future__ import annotations

import math

DEFAULT_DECIMALS = 2
MAX_HINT = 10
# Below 1e-16 a price is shown as zero; nothing trades there.
MAX_DECIMALS = 16
# From 1 on, and below 1, where a cent is much.
DIGITS, DIGITS_OF_SMALL = 3, 4


def hinted_decimals(price_hint: int | None) -> int:
    """The decimals that the source gives an instrument's prices; two when it says nothing."""
    return DEFAULT_DECIMALS if price_hint is None else min(max(price_hint, 0), MAX_HINT)


def decimals_of(price: float, price_hint: int | None) -> int:
    """Those of the hint, and as many more as three significant digits need, four below 1.

    Sources hint at two decimals for things that trade at 0.006.
    """
    decimals = hinted_decimals(price_hint)
    if not price:
        return decimals
    digits = DIGITS if abs(price) >= 1 else DIGITS_OF_SMALL
    needed = digits - 1 - math.floor(math.log10(abs(price)))
    return min(max(decimals, needed), MAX_DECIMALS)
