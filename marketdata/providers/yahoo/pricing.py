"""The streamer's frames: {"type": "pricing", "message": <base64 of a protobuf message>}. Pure.

The message is decoded by hand; of its 33 fields these few are of use. All prices are float32:
110429.42 arrives as 110429.421875. An absent number of a change means zero.
Format: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Iterator

import msgspec

from marketdata.decimals import decimals_of
from marketdata.domain.quote import SimpleQuote
from marketdata.errors import InvalidSymbol, MalformedAnswer
from marketdata.symbols import parse_symbol

PRE, REGULAR, POST, EXTENDED = range(4)
# More than float32 has would only show its error.
SIGNIFICANT_DIGITS = 7

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FLOATS = {2: "price", 8: "percent_change", 10: "high", 11: "low", 12: "change"}
_SIGNED = {3: "time_ms", 9: "volume"}


class Pricing(msgspec.Struct, frozen=True, kw_only=True):
    """One update of one symbol; None where the frame does not say."""

    symbol: str
    price: float
    time_ms: int = 0
    market_hours: int = PRE
    change: float = 0.0
    percent_change: float = 0.0
    volume: int | None = None
    high: float | None = None
    low: float | None = None


class _Frame(msgspec.Struct):
    type: str = ""
    message: str = ""


def parse_frame(frame: str | bytes) -> Pricing | None:
    """The update in a frame; None for frames of other types. Raises MalformedAnswer."""
    try:
        envelope = msgspec.json.decode(frame, type=_Frame)
        if envelope.type != "pricing":
            return None
        return parse_message(base64.b64decode(envelope.message, validate=True))
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        # A ValueError is what base64 raises: for wrong letters, and for letters beyond ASCII.
        raise MalformedAnswer(f"no frame of the streamer: {type(error).__name__}") from error


def parse_message(message: bytes) -> Pricing:
    """The update in a protobuf message. Raises MalformedAnswer."""
    values: dict[str, object] = {}
    try:
        for field, value in _fields(message):
            _keep(values, field, value)
        return msgspec.convert(values, Pricing)
    except (
        IndexError,
        struct.error,
        UnicodeError,
        InvalidSymbol,
        msgspec.ValidationError,
    ) as error:
        raise MalformedAnswer(f"no pricing message: {type(error).__name__}") from error


def applied(quote: SimpleQuote, pricing: Pricing) -> SimpleQuote:
    """The quote with what the update says about its session, rounded as its prices are."""
    price = _rounded(pricing.price, quote.price_hint)
    if pricing.market_hours == PRE:
        return msgspec.structs.replace(quote, pre_market_price=price)
    if pricing.market_hours in (POST, EXTENDED):
        return msgspec.structs.replace(quote, after_hours_price=price)
    return msgspec.structs.replace(
        quote,
        price=price,
        # How many decimals of these are shown depends on the price.
        change=_rounded(pricing.change, None),
        percent_change=_rounded(pricing.percent_change, None),
        volume=quote.volume if pricing.volume is None else pricing.volume,
        high=quote.high if pricing.high is None else _rounded(pricing.high, quote.price_hint),
        low=quote.low if pricing.low is None else _rounded(pricing.low, quote.price_hint),
    )


def _keep(values: dict[str, object], field: int, value: bytes | int) -> None:
    if field == 1 and isinstance(value, bytes):
        values["symbol"] = parse_symbol(value.decode("ascii"))
    elif field in _FLOATS and isinstance(value, bytes):
        (number,) = struct.unpack("<f", value)
        if math.isfinite(number):
            values[_FLOATS[field]] = number
    elif field in _SIGNED and isinstance(value, int):
        number = (value >> 1) ^ -(value & 1)  # zigzag
        if number >= 0:
            values[_SIGNED[field]] = number
    elif field == 7 and isinstance(value, int):
        values["market_hours"] = value


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Number and value of each field; raises IndexError where the message ends too early."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        field, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            value, at = _varint(message, at)
            yield field, value
            continue
        if wire_type == _BYTES:
            size, at = _varint(message, at)
        else:
            size = {_FIXED64: 8, _FIXED32: 4}[wire_type] if wire_type in (1, 5) else len(message)
        if at + size > len(message):
            raise IndexError("a field beyond the end")
        yield field, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """The number at `at`, at most 64 bits, and where the next thing begins."""
    result = 0
    for shift in range(0, 70, 7):
        byte = message[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result & 0xFFFF_FFFF_FFFF_FFFF, at
    raise IndexError("a number without an end")


def _rounded(value: float, price_hint: int | None) -> float:
    """Without what float32 adds: to the decimals of the hint, or else to the digits it keeps."""
    if price_hint is not None:
        return round(value, decimals_of(value, price_hint))
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
