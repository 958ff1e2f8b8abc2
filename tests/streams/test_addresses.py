"""Whose handshake it is, behind proxies."""

from __future__ import annotations

import pytest

from streams.addresses import bucket_of, client_address, with_forwarded_scheme

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


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:51234", "203.0.113.7"),
        ("  203.0.113.7\t", "203.0.113.7"),
        ('"203.0.113.7:51234"', "203.0.113.7"),
        ("[203.0.113.7]:80", "203.0.113.7"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ("2001:db8:0:0:0:0:0:1:443", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:443", "fe80::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:443", "203.0.113.7"),
        *[(e, "9.9.9.9") for e in ("unknown", "_hidden", "", "[", "1.2.3", ":80", "a:b", "[]:1")],
    ],
)
def test_an_address_is_read_in_every_form_that_proxies_write(entry: str, address: str) -> None:
    assert client_address("9.9.9.9", [f"1.1.1.1, {entry}"] if entry else [], 1) == address
    assert client_address("9.9.9.9", ["1.1.1.1", entry] if entry else [], 1) == address


def test_the_peer_is_written_alike() -> None:
    assert client_address("::ffff:9.9.9.9", [], 0) == "9.9.9.9"
    assert client_address("9.9.9.9", ["1.1.1.1,, ,3.3.3.3, ", ""], 2) == "1.1.1.1"


def test_no_client_can_swallow_what_a_proxy_writes() -> None:
    assert client_address("9.9.9.9", ['"1.1.1.1, [1.1.1.1', "3.3.3.3"], 1) == "3.3.3.3"
    assert client_address("9.9.9.9", ['"1.1.1.1, 3.3.3.3:1'], 1) == "3.3.3.3"


@pytest.mark.parametrize(
    ("values", "hops", "scheme"),
    [
        (["https"], 1, "https"),
        (["HTTPS "], 1, "https"),
        (["https"], 2, "https"),
        (["https, http"], 1, "http"),
        (["https, http"], 2, "https"),
        (["https", "http,"], 1, "http"),
        (["wss"], 1, "https"),
        (["https"], 0, "http"),
        (["ftp"], 1, "http"),
        ([], 1, "http"),
    ],
)
def test_the_scheme_is_read_like_the_address(values: list[str], hops: int, scheme: str) -> None:
    headers = [(b"x-forwarded-proto", value.encode()) for value in values]
    scope = {"type": "http", "scheme": "http", "headers": headers}
    seen = with_forwarded_scheme(scope, hops)
    assert seen["scheme"] == scheme
    if scheme == "https":
        assert seen["headers"] == [(b"x-forwarded-proto", b"https")], "what Django compares"
    socket = with_forwarded_scheme({**scope, "type": "websocket", "scheme": "ws"}, hops)
    assert socket["scheme"] == scheme.replace("http", "ws")
