"""Equal requests share one subscription, one key and one group."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketdata.errors import InvalidSymbol
from marketdata.symbols import parse_symbols
from streams.subscriptions import Endpoint, Subscription, parse_key

symbols = st.from_regex(r"\^?[A-Z0-9]{1,8}([.=-][A-Z]{1,4})?", fullmatch=True)
subscriptions = st.one_of(
    st.builds(
        lambda texts: Subscription(Endpoint.QUOTES, parse_symbols(texts)),
        st.lists(symbols, max_size=30),
    ),
    st.builds(lambda symbol: Subscription(Endpoint.PROFILE, (symbol,)), symbols),
    st.sampled_from([Subscription(Endpoint.MARKET), Subscription(Endpoint.HOURS)]),
)


def test_requests_in_any_order_and_case_are_one_subscription() -> None:
    one = Subscription(Endpoint.QUOTES, parse_symbols(["aapl", " MSFT", "AAPL"]))
    other = Subscription(Endpoint.QUOTES, parse_symbols(["MSFT", "AAPL"]))
    assert one == other
    assert one.group == other.group


def test_other_symbols_or_another_endpoint_are_another_group() -> None:
    groups = {
        Subscription(Endpoint.QUOTES, ("AAPL",)).group,
        Subscription(Endpoint.QUOTES, ("AAPL", "MSFT")).group,
        Subscription(Endpoint.PROFILE, ("AAPL",)).group,
    }
    assert len(groups) == 3


@given(subscriptions)
def test_a_group_name_is_one_that_channels_accepts(subscription: Subscription) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,99}", subscription.group)


@given(subscriptions)
def test_a_key_gives_its_subscription_back(subscription: Subscription) -> None:
    assert parse_key(subscription.key) == subscription


@pytest.mark.parametrize("key", ["", "nothing:AAPL", "quotes"])
def test_a_key_of_no_known_endpoint_is_refused_and_no_symbols_are_fine(key: str) -> None:
    if key == "quotes":
        assert parse_key(key) == Subscription(Endpoint.QUOTES)
    else:
        with pytest.raises(ValueError, match="is not a valid Endpoint"):
            parse_key(key)


@pytest.mark.parametrize("key", ["profile:", "profile:AAPL,MSFT", "market:AAPL", "hours:AAPL"])
def test_a_key_with_more_or_fewer_symbols_than_its_endpoint_takes_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="symbols"):
        parse_key(key)


def test_a_key_with_nonsense_for_a_symbol_is_refused() -> None:
    with pytest.raises(InvalidSymbol):
        parse_key("quotes:AAPL,DROP TABLE")
