"""Refused handshakes: their answer, and their lines in the log."""

from __future__ import annotations

import pytest

from streams.refusals import RefusalLog, Refused, unauthorized


def test_a_refusal_says_what_is_needed_or_when_to_come_back() -> None:
    assert unauthorized("missing_key", "…").headers == [(b"www-authenticate", b"Bearer")]
    assert Refused(429, "over_quota", "…", 12.1).headers == [(b"retry-after", b"13")]
    assert Refused(429, "over_quota", "…", 0).headers == [(b"retry-after", b"1")]
    assert Refused(403, "origin_not_allowed", "…").headers == []


def test_a_flood_of_refusals_is_one_line_of_each_kind(caplog: pytest.LogCaptureFixture) -> None:
    log = RefusalLog()
    for _ in range(1000):
        log.add(unauthorized("invalid_key", "…"), "10.0.0.1")
    log.add(Refused(403, "origin_not_allowed", "…", detail="origin 'x'"), None)
    assert [record.message for record in caplog.records] == [
        "Handshakes refused with 401 invalid_key: 1, the last from 10.0.0.1",
        "Handshakes refused with 403 origin_not_allowed: 1, the last from None (origin 'x')",
    ]
