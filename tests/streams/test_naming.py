"""What clients name: new symbols up to a limit, known ones at will, and memory with a bound."""

from __future__ import annotations

import pytest

from streams.naming import HOUR_SECONDS, Names
from streams.protocol import ClientError
from streams.subscriptions import Endpoint, Subscription


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def quotes(*symbols: str) -> Subscription:
    return Subscription(Endpoint.QUOTES, symbols)


def is_refused(names: Names, client: str, subscription: Subscription) -> bool:
    try:
        names.add(client, subscription)
    except ClientError as error:
        return error.code == "too_many_new_symbols"
    return False


def test_new_symbols_are_counted_and_those_named_before_are_not() -> None:
    names = Names(3)
    assert not is_refused(names, "a", quotes("A", "B"))
    assert not is_refused(names, "a", quotes("A", "B"))
    assert is_refused(names, "a", quotes("A", "C", "D"))
    assert not is_refused(names, "a", quotes("A", "C")), "what was refused was not counted"
    assert not is_refused(names, "a", quotes("A", "B", "C"))
    assert is_refused(names, "a", quotes("D"))


def test_the_log_names_who_it_is_once(caplog: pytest.LogCaptureFixture) -> None:
    names = Names(1)
    for number in range(5):
        is_refused(names, "address.203.0.113.1", quotes(f"S{number}"))
    assert caplog.messages == [
        "address.203.0.113.1 names more than 1 symbols, or sets of them, in an hour"
    ]


def test_sets_of_known_symbols_are_counted_too() -> None:
    """Each of them is a group, a message and a snapshot of its own."""
    names = Names(3)
    for subscription in (quotes("A"), quotes("B"), quotes("A", "B")):
        assert not is_refused(names, "a", subscription)
    assert is_refused(names, "a", Subscription(Endpoint.PROFILE, ("A",)))
    assert not is_refused(names, "a", quotes("A", "B"))


def test_each_client_has_its_own_and_begins_anew_after_an_hour() -> None:
    clock = Clock()
    names = Names(1, clock=clock)
    assert not is_refused(names, "a", quotes("A"))
    assert not is_refused(names, "b", quotes("B"))
    clock.now = HOUR_SECONDS - 1
    assert is_refused(names, "a", quotes("C"))
    clock.now = HOUR_SECONDS
    assert not is_refused(names, "a", quotes("C"))
    assert len(names) == 2, "what the others named an hour ago is forgotten"


@pytest.mark.parametrize("clients", [1, 100])
def test_only_so_much_is_remembered_of_all_together(clients: int) -> None:
    names = Names(50, max_names=200)
    for number in range(1000):
        is_refused(names, f"client {number % clients}", quotes(f"S{number}"))
        assert len(names) <= 200
