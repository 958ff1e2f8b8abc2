"""What holds for every test."""

from typing import Any

import hypothesis
import pytest

from tools.chromium import MISSING

# A deadline per example fails tests on a busy machine, and says nothing about the code.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")


class StreamsSettings:
    """Sets what is in `STREAMS`, by name, for one test."""

    _django_settings: Any

    def __init__(self, django_settings: Any) -> None:
        self.__dict__["_django_settings"] = django_settings

    def __setattr__(self, name: str, value: object) -> None:
        self._django_settings.STREAMS = {**self._django_settings.STREAMS, name: value}


@pytest.fixture
def streams_settings(settings: Any) -> Any:
    return StreamsSettings(settings)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tests that are skipped for want of a browser must not go unnoticed."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any(MISSING in str(report.longrepr) for report in skipped):
        terminalreporter.write_line(MISSING, yellow=True)
