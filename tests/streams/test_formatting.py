"""Wire texts of numbers and dates."""

from __future__ import annotations

import locale
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.formatting import (
    ago_text,
    change_text,
    count_text,
    date_text,
    decimal_text,
    percent_text,
    price_text,
    rate_text,
    risk_text,
    short_number_text,
    stars_text,
)

NOW = datetime(2025, 3, 14, 15, 0, tzinfo=UTC)

NUMBER_TEXTS: tuple[Callable[[float | None], str | None], ...] = (
    price_text,
    lambda value: change_text(value, 150.25),
    percent_text,
    rate_text,
    decimal_text,
    count_text,
    short_number_text,
)

number_texts = pytest.mark.parametrize("text_of", NUMBER_TEXTS)


@pytest.mark.parametrize(
    ("value", "price_hint", "text"),
    [
        (150.25, None, "150.25"),
        (150.25, 2, "150.25"),
        (150, None, "150.00"),
        (700000, None, "700000.00"),
        (1e21, None, "1000000000000000000000.00"),
        (1.08555, None, "1.09"),
        (1.0855, 4, "1.0855"),
        (-1.5, None, "-1.50"),
        (0.0, None, "0.00"),
        (-0.0, None, "0.00"),
        (0.5, None, "0.50"),
        (0.1234, None, "0.1234"),
        (0.05, None, "0.05"),
        (0.00000123, None, "0.00000123"),
        (0.0000012345678, None, "0.000001235"),
        (-0.0042, None, "-0.0042"),
        (0.99999, None, "1.00"),
        (1e-300, None, "0.00"),
        (-1e-300, None, "0.00"),
        (0.00000123, 10, "0.0000012300"),
        (0.00615, 2, "0.00615"),
        (0.0041, 2, "0.0041"),
        (-0.001, 2, "-0.001"),
        (0.0312499, 2, "0.03125"),
        (0.9512, 2, "0.9512"),
        (-0.4, 0, "-0.4"),
        (1.234, 0, "1.23"),
        (12.6, 0, "12.6"),
        (39123.6, 0, "39124"),
        (39123.6, 1, "39123.6"),
        (1.5, 99, "1.5000000000"),
        (1.5, -1, "1.5"),
    ],
)
def test_a_price_has_the_decimals_of_its_hint_or_of_its_size(
    value: float, price_hint: int | None, text: str
) -> None:
    assert price_text(value, price_hint) == text


@pytest.mark.parametrize(
    ("value", "price", "price_hint", "text"),
    [
        (2.15, 150.25, None, "+2.15"),
        (-1.26, 150.25, 2, "-1.26"),
        (0.0, 150.25, None, "+0.00"),
        (-0.0, 150.25, None, "+0.00"),
        (0.05000000074505806, 150.25, 2, "+0.05"),
        (0.001, 150.25, 2, "+0.00"),
        (1.4e-14, 150.25, 2, "+0.00"),
        (0.0012, 1.0855, 4, "+0.0012"),
        (-0.0004, 0.00615, 2, "-0.0004"),
        (-0.00000012, 0.00615, 2, "+0.00"),
        (0.004, 3.21, 2, "+0.004"),
        (-0.0000004, 0.0000123, None, "-0.0000004"),
        (-0.0000004, None, None, "-0.0000004"),
        (-0.0000004, 0.0, None, "-0.0000004"),
        (-0.0000004, math.nan, None, "-0.0000004"),
        (-1234.5, 98765.4, 2, "-1234.50"),
    ],
)
def test_a_change_has_its_sign_and_the_decimals_of_the_price(
    value: float, price: float | None, price_hint: int | None, text: str
) -> None:
    assert change_text(value, price, price_hint) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.45, "+1.45%"),
        (-0.84, "-0.84%"),
        (22857.89, "+22,857.89%"),
        (-12345.678, "-12,345.68%"),
        (0.0, "+0.00%"),
        (-0.004, "+0.00%"),
    ],
)
def test_a_change_in_percent_is_signed_and_separated(value: float, text: str) -> None:
    assert percent_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.05, "0.05%"), (1.3, "1.30%"), (0, "0.00%"), (-0.001, "0.00%"), (1234.5, "1,234.50%")],
)
def test_a_rate_has_no_plus_sign(value: float, text: str) -> None:
    assert rate_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.94e12, "2.94T"),
        (10.5e9, "10.50B"),
        (3_450_000, "3.45M"),
        (1000, "1.00K"),
        (532, "532.00"),
        (0, "0.00"),
        (-0.001, "0.00"),
        (-1.2e9, "-1.20B"),
        (999.99, "999.99"),
        (999.999, "1.00K"),
        (999_994, "999.99K"),
        (999_999, "1.00M"),
        (999_999_999, "1.00B"),
        (999_999_999_999, "1.00T"),
        (-999_999_999_999, "-1.00T"),
        (1.5e16, "15000.00T"),
    ],
)
def test_a_large_number_is_short_and_its_rounding_carries(value: float, text: str) -> None:
    assert short_number_text(value) == text


@pytest.mark.parametrize(("value", "text"), [(1.25, "1.25"), (-0.001, "0.00"), (30, "30.00")])
def test_a_figure_has_two_decimals(value: float, text: str) -> None:
    assert decimal_text(value) == text


@pytest.mark.parametrize(("value", "text"), [(150000, "150,000"), (0, "0"), (999, "999")])
def test_a_count_has_its_thousands_separated(value: int, text: str) -> None:
    assert count_text(value) == text


@number_texts
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, 10**400, -(10**400)])
def test_what_is_no_number_has_no_text(
    text_of: Callable[[float | None], str | None], value: float | None
) -> None:
    assert text_of(value) is None


PLAIN = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?[KMBT%]?")
NEGATIVE_ZERO = re.compile(r"-[0,.]*[KMBT%]?")


@number_texts
@given(value=st.floats())
def test_any_float_gives_a_plain_text_or_none(
    text_of: Callable[[float | None], str | None], value: float
) -> None:
    text = text_of(value)
    if text is None:
        assert not math.isfinite(value)
        return
    assert PLAIN.fullmatch(text)
    assert not NEGATIVE_ZERO.fullmatch(text)


@given(value=st.floats(allow_nan=False, allow_infinity=False), price_hint=st.integers())
def test_any_hint_gives_a_plain_price(value: float, price_hint: int) -> None:
    for text in (price_text(value, price_hint), change_text(value, value, price_hint)):
        assert text is not None
        assert PLAIN.fullmatch(text)
        assert not NEGATIVE_ZERO.fullmatch(text)


@given(st.floats(min_value=1e-12, max_value=1e12))
def test_a_price_without_a_hint_keeps_what_can_be_seen_of_it(value: float) -> None:
    text = price_text(value)
    assert text is not None
    assert float(text) == pytest.approx(value, rel=5e-4 if value < 1 else 0.005)


@given(st.floats(min_value=1000, max_value=999e12))
def test_a_short_number_has_one_to_three_digits_before_its_point(value: float) -> None:
    text = short_number_text(value)
    assert text is not None
    assert re.fullmatch(r"[1-9]\d{0,2}\.\d\d[KMBT]", text)


def test_a_date_has_an_english_month_and_two_digits_in_any_locale() -> None:
    before = locale.setlocale(locale.LC_TIME)
    try:
        for name in ("", "C", "de_DE.UTF-8"):
            try:
                locale.setlocale(locale.LC_TIME, name)
            except locale.Error:
                continue
            assert date_text(date(2024, 2, 5)) == "Feb 05, 2024"
    finally:
        locale.setlocale(locale.LC_TIME, before)
    assert date_text(date(2025, 12, 31)) == "Dec 31, 2025"
    assert date_text(None) is None


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59.9), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(seconds=119), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=3, minutes=59), "3 hours ago"),
        (timedelta(hours=24), "1 day ago"),
        (timedelta(days=6, hours=23), "6 days ago"),
        (timedelta(days=7), "1 week ago"),
        (timedelta(days=30), "4 weeks ago"),
        (timedelta(days=31), "1 month ago"),
        (timedelta(days=364), "11 months ago"),
        (timedelta(days=365), "1 year ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(seconds=-1), "just now"),
        (timedelta(days=-400), "just now"),
    ],
)
def test_a_time_is_told_in_its_largest_unit(ago: timedelta, text: str) -> None:
    assert ago_text(NOW - ago, NOW) == text
    assert ago_text((NOW - ago).astimezone(timezone(timedelta(hours=9))), NOW) == text


def test_an_unknown_time_has_no_text() -> None:
    assert ago_text(None, NOW) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_any_time_gives_a_text_with_a_fitting_plural(at: datetime) -> None:
    text = ago_text(at, NOW)
    assert text is not None
    assert re.fullmatch(r"just now|1 [a-z]+[^s] ago|([2-9]|\d{2,}) [a-z]+s ago", text)


@pytest.mark.parametrize(
    ("rating", "text"),
    [(None, None), (0, None), (1, "★"), (2, "★★"), (5, "★★★★★"), (6, None), (-1, None)],
)
def test_stars_are_given_for_one_to_five(rating: int | None, text: str | None) -> None:
    assert stars_text(rating) == text


def test_risks_are_named_for_one_to_five() -> None:
    names = ["Low", "Below Average", "Average", "Above Average", "High"]
    assert [risk_text(rating) for rating in range(1, 6)] == names
    assert [risk_text(rating) for rating in (None, 0, 6)] == [None, None, None]
