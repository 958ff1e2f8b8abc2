"""Which request a line of the log is about."""

from __future__ import annotations

import contextvars
import logging
import re

import pytest

from streams.request_ids import REQUEST_ID, WithRequestId, request_id_of


def test_the_id_of_a_proxy_is_taken_over() -> None:
    assert request_id_of([(b"host", b"h"), (b"x-request-id", b"0f1e-2d3c.4b_5a")]) == (
        "0f1e-2d3c.4b_5a"
    )


@pytest.mark.parametrize(
    "value", [b"", b"short", b"x" * 65, b"two words", b"a\nline-break", b"\xff" * 9]
)
def test_what_would_spoil_the_log_is_not(value: bytes) -> None:
    assert re.fullmatch("[0-9a-f]{12}", request_id_of([(b"x-request-id", value)]))
    assert request_id_of([]) != request_id_of([])


def filtered(**extra: str) -> logging.LogRecord:
    record = logging.makeLogRecord({"msg": "text", **extra})
    assert WithRequestId().filter(record)
    return record


def test_a_record_gets_the_id_of_its_context_or_the_one_it_was_given() -> None:
    context = contextvars.copy_context()
    context.run(REQUEST_ID.set, "of-the-context")
    record = context.run(filtered)
    assert (vars(record)["request_id"], vars(record)["about"]) == (
        "of-the-context",
        "[of-the-context] ",
    )
    record = context.run(filtered, request_id="given")
    assert vars(record)["about"] == "[given] "


def test_a_record_about_no_request_has_no_id() -> None:
    record = filtered()
    assert vars(record)["about"] == ""
    assert "request_id" not in vars(record)
