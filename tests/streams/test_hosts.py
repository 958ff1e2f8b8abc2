"""Entries of ALLOWED_HOSTS that no request can match are found."""

from __future__ import annotations

import pytest
from django.http.request import validate_host

from streams.hosts import describe_impossible_host, find_impossible_host

POSSIBLE = ["*", "localhost", "app.example.com", ".example.com", "10.0.0.1", "[::1]", "A_b-c.test"]
IMPOSSIBLE = [
    "https://app.example.com",
    "app.example.com:8000",
    "app.example.com/quotes",
    "a;b",
    "a b",
    " a",
    "",
    "*.example.com",
    "::1",
    "[::g]",
    "bücher.example",
]


def test_what_can_match_passes() -> None:
    assert find_impossible_host(POSSIBLE) is None


@pytest.mark.parametrize("host", IMPOSSIBLE)
def test_what_cannot_match_is_named(host: str) -> None:
    assert find_impossible_host(["localhost", host, "example.com"]) == host
    assert repr(host) in describe_impossible_host(host)


@pytest.mark.parametrize("host", POSSIBLE)
def test_django_agrees(host: str) -> None:
    asked = "x.example.com" if host[0] in ".*" else host.lower()
    assert validate_host(asked, [host])
