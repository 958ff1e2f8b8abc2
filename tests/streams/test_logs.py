"""A library that reports the same loss again and again is heard once a minute."""

import logging

import pytest

from streams.logs import OncePerMinute


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("streams.logs.time.monotonic", lambda: now[0])
    return now


def record(line: int) -> logging.LogRecord:
    error = (ValueError, ValueError("lost"), None)
    return logging.LogRecord("celery.beat", logging.ERROR, "beat.py", line, "lost", (), error)


def test_the_same_message_comes_once_a_minute_without_its_traceback(clock: list[float]) -> None:
    only = OncePerMinute()
    first = record(7)
    assert only.filter(first)
    assert first.exc_info is None
    assert not only.filter(record(7))
    assert only.filter(record(8))
    clock[0] += 60
    assert only.filter(record(7))
