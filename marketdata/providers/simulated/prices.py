"""The price of an instrument as a pure function of time.

The logarithm of a price is a sum of three motions, each continuous and without memory:

- slow: waves with periods of days to years, sized like a random walk
  (Weierstrass function, https://en.wikipedia.org/wiki/Weierstrass_function), plus drift;
- walk: a random step every two hours, tied down to the slow motion at both ends of the day,
  and straight in between, so that the day's extremes are found at whole steps;
- fast: waves with periods of seconds to minutes, so that every tick moves.

Instruments share the waves' periods and differ in their phases: the waves are computed once
an instant, and a motion is a dot product. The market and each sector have motions of their
own, which instruments take part in: that is what makes them rise and fall together.

Times are seconds since 1970; days are counted from 1970 and start at night in New York.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from operator import mul

import msgspec

from marketdata.providers.simulated.instruments import Instrument
from marketdata.providers.simulated.noise import get_bytes

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
STEPS_A_DAY = 12
STEP_SECONDS = DAY_SECONDS / STEPS_A_DAY
DAY_STARTS_AT_SECONDS = 5 * HOUR_SECONDS
ANCHOR_DAY = 20_454  # 2026-01-01, when every price is its base price

_MARKET_VOLATILITY = 0.75
_SECTOR_VOLATILITY = 0.45

_SLOW_RATIO = 3.8
_SLOW_PERIODS_DAYS = tuple(5.3 * _SLOW_RATIO**octave for octave in range(6))
# Square-root sizes vary as a random walk does, and with this factor as one of variance 1 a
# day. Half of it keeps prices near what people know them to be.
_SLOW_SIZES = tuple(
    0.5 * math.sqrt(period * math.log(_SLOW_RATIO)) / math.pi for period in _SLOW_PERIODS_DAYS
)
_FAST_PERIODS_SECONDS = (17.3, 41.9, 101.7, 246.1, 597.3, 1447.0)
_FAST_SIZES = (0.012, 0.014, 0.017, 0.020, 0.025, 0.030)

# The standard deviation of a byte, times the root of the steps in a day.
_STEP_SCALE = 73.9 * math.sqrt(STEPS_A_DAY)

# A phase is one of 256.
_TURNS = tuple(cmath.rect(1.0, math.tau * byte / 256) for byte in range(256))


class Motion(msgspec.Struct, frozen=True):
    """How one instrument moves: its share in each wave, as logarithms of its price.

    Last in `slow` come what its price starts from and its drift a day.

    `loadings` are the factors it takes part in, its own first, and their daily volatility.
    """

    slow: tuple[float, ...]
    fast: tuple[float, ...]
    fast_bound: float
    loadings: tuple[tuple[str, float], ...]


def get_day(at: float) -> int:
    """The simulated day that an instant belongs to."""
    return math.floor((at - DAY_STARTS_AT_SECONDS) / DAY_SECONDS)


def get_day_start(day: int) -> float:
    return float(day * DAY_SECONDS + DAY_STARTS_AT_SECONDS)


def get_price(instrument: Instrument, at: float) -> float:
    """The price at any instant, not rounded."""
    day = get_day(at)
    steps = (at - get_day_start(day)) / STEP_SECONDS
    return math.exp(get_base(get_path(instrument, day), steps) + get_fast(instrument, at))


def get_base(path: tuple[float, ...], steps: float) -> float:
    """The log price, without the fast motion, so many steps into the path's day."""
    step = int(steps)
    before, after = path[step], path[step + 1]
    return before + (after - before) * (steps - step)


def get_fast(instrument: Instrument, at: float) -> float:
    """The fast motion: what a log price differs from its base by."""
    return _dot(get_motion(instrument).fast, _get_fast_waves(at))


def get_slow(instrument: Instrument, day: int) -> float:
    """The log price at the start of a day, without the fast motion."""
    return _dot(get_motion(instrument).slow, _get_slow_waves(day))


def get_slow_before(instrument: Instrument, day: int, ages: range) -> list[float]:
    """The slow motion's log price so many days before `day`, for each age."""
    slow = get_motion(instrument).slow
    return [_dot(slow, _get_slow_waves(day - age)) for age in ages]


@lru_cache(maxsize=24_576)
def get_path(instrument: Instrument, day: int) -> tuple[float, ...]:
    """One instrument's day without the fast motion: log prices at steps 0 to STEPS_A_DAY."""
    motion = get_motion(instrument)
    start = _dot(motion.slow, _get_slow_waves(day))
    rise = (_dot(motion.slow, _get_slow_waves(day + 1)) - start) / STEPS_A_DAY
    knots = [start + rise * step for step in range(STEPS_A_DAY + 1)]
    for index, (factor, loading) in enumerate(motion.loadings):
        walk = _get_shared_walk(factor, day) if index else _make_walk(factor, day)
        knots = [knot + loading * walked for knot, walked in zip(knots, walk, strict=True)]
    return tuple(knots)


@lru_cache(maxsize=16_384)
def get_motion(instrument: Instrument) -> Motion:
    own, *shared = loadings = _get_loadings(instrument)
    slow = [own[1] * share for share in _make_slow_shares(own[0])]
    for factor, loading in shared:
        shares = _get_shared_slow_shares(factor)
        slow = [total + loading * share for total, share in zip(slow, shares, strict=True)]
    origin = math.log(instrument.base_price) - _dot(slow, _get_slow_waves(ANCHOR_DAY))
    volatility = math.hypot(*(loading for _, loading in loadings))
    return Motion(
        slow=(*slow, origin, instrument.drift / 365.25),
        fast=_make_shares(f"{instrument.symbol} fast", [volatility * size for size in _FAST_SIZES]),
        fast_bound=volatility * math.fsum(_FAST_SIZES),
        loadings=loadings,
    )


def _get_loadings(instrument: Instrument) -> tuple[tuple[str, float], ...]:
    """What an instrument's moves are made of: factors and their daily standard deviation."""
    loadings = [(instrument.symbol, instrument.volatility / 100)]
    if instrument.market_loading:
        loadings.append(("market", instrument.market_loading * _MARKET_VOLATILITY / 100))
    if instrument.sector:
        loadings.append((f"sector {instrument.sector}", _SECTOR_VOLATILITY / 100))
    return tuple(loadings)


def _make_walk(factor: str, day: int) -> list[float]:
    """A random walk through the day with variance 1, tied down to 0 at both ends."""
    walk = list(accumulate(get_bytes(f"{factor} {day}", STEPS_A_DAY), initial=0))
    pull = walk[STEPS_A_DAY] / STEPS_A_DAY
    return [(walked - pull * step) / _STEP_SCALE for step, walked in enumerate(walk)]


def _make_slow_shares(factor: str) -> tuple[float, ...]:
    return _make_shares(f"{factor} slow", _SLOW_SIZES)


def _make_shares(key: str, sizes: Sequence[float]) -> tuple[float, ...]:
    """The shares in each period's sine and cosine that make waves of these sizes."""
    turns = [_TURNS[byte] for byte in get_bytes(key, len(sizes))]
    sines = [size * turn.real for size, turn in zip(sizes, turns, strict=True)]
    cosines = [size * turn.imag for size, turn in zip(sizes, turns, strict=True)]
    return (*sines, *cosines)


# The few factors that instruments share; an instrument's own would only crowd them out.
_get_shared_walk = lru_cache(maxsize=1024)(_make_walk)
_get_shared_slow_shares = lru_cache(maxsize=64)(_make_slow_shares)


@lru_cache(maxsize=4096)
def _get_slow_waves(day: int) -> tuple[float, ...]:
    return (*_get_waves(float(day), _SLOW_PERIODS_DAYS), 1.0, float(day - ANCHOR_DAY))


@lru_cache(maxsize=256)
def _get_fast_waves(at: float) -> tuple[float, ...]:
    return _get_waves(at, _FAST_PERIODS_SECONDS)


def _get_waves(at: float, periods: tuple[float, ...]) -> tuple[float, ...]:
    angles = [math.tau * at / period for period in periods]
    return (*map(math.sin, angles), *map(math.cos, angles))


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    # fsum, because sum() of floats rounds differently from Python 3.12 on.
    return math.fsum(map(mul, left, right))
