"""Whose handshake it is, behind proxies."""

from __future__ import annotations

import pytest

from streams.addresses import bucket_of, client_address

FORGED = ["1.1.1.1, 2.2.2.2", "3.3.3.3"]


@pytest.mark.parametrize(
    ("hops", "address"), [(0, "9.9.9.9"), (1, "3.3.3.3"), (2, "2.2.2.2"), (3, "1.1.1.1")]
)
def test_only_as_many_entries_are_believed_as_there_are_proxies(hops: int, address: str) -> None:
    assert client_address("9.9.9.9", FORGED, hops) == address


def test_what_is_missing_or_no_address_is_not_believed() -> None:
    assert client_address("9.9.9.9", FORGED, 4) == "9.9.9.9"
    assert client_address("9.9.9.9", [], 1) == "9.9.9.9"
    assert client_address("9.9.9.9", ["1.1.1.1, unknown"], 1) == "9.9.9.9"
    assert client_address("9.9.9.9", ["x" * 10_000], 1) == "9.9.9.9"
    assert client_address(None, [], 0) is None


def test_ipv6_is_counted_by_network_and_ipv4_by_host() -> None:
    assert bucket_of("2001:db8::1") == bucket_of("2001:db8::ffff:1") == "2001:db8::/64"
    assert bucket_of("2001:db8:0:1::1") != bucket_of("2001:db8::1")
    assert bucket_of("10.0.0.1") == "10.0.0.1"
    assert bucket_of("::ffff:10.0.0.1") == "10.0.0.1"
    assert bucket_of(None) == bucket_of("nonsense") == "unknown"
