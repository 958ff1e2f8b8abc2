"""Lines as JSON; and a library that reports the same loss again and again is heard rarely."""

import json
import logging
import sys
from datetime import datetime

import pytest

from streams.logs import JsonLines, OncePerMinute


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


def test_the_frames_that_celery_beat_adds_to_a_message_are_left_out() -> None:
    error = record(7)
    error.msg, error.args = "Message Error: %s\n%s", ("Connection refused.", ["  File beat.py"])
    assert OncePerMinute().filter(error)
    assert error.getMessage() == "Message Error: Connection refused."


def test_a_json_line_has_what_we_say_and_nothing_that_others_attach() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        record = logging.makeLogRecord(
            {
                "name": "streams.x",
                "levelname": "ERROR",
                "msg": "it failed for %s",
                "args": ("a reason",),
                "exc_info": sys.exc_info(),
                "request_id": "abc",
                "request": "<ASGIRequest: GET '/?key=secret'>",
                "about": "[abc] ",
            }
        )
    line = JsonLines().format(record)
    assert "\n" not in line
    assert "secret" not in line
    fields = json.loads(line)
    assert list(fields) == ["time", "level", "logger", "request_id", "message", "exc_info"]
    assert (fields["level"], fields["logger"]) == ("ERROR", "streams.x")
    assert fields["message"] == "it failed for a reason"
    assert "ValueError: why" in fields["exc_info"]
    assert datetime.fromisoformat(fields["time"]).tzinfo is not None
