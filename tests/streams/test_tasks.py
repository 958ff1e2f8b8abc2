"""The Celery tasks: what a worker says of those it does not do."""

from __future__ import annotations

import pytest
from celery.signals import task_revoked

from streams import tasks


def test_tasks_that_come_expired_are_told_with_a_word_on_clocks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for expired in (False, True, True):
        task_revoked.send(sender=tasks.refresh, expired=expired)
    [line] = caplog.messages
    assert "Tasks that had expired: " in line
    assert "clock of beat's machine" in line
