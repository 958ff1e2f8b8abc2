"""What holds for every test."""

import pytest
from hypothesis import settings

from tools.chromium import MISSING

# A deadline per example fails tests on a busy machine, and says nothing about the code.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tests that are skipped for want of a browser must not go unnoticed."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any(MISSING in str(report.longrepr) for report in skipped):
        terminalreporter.write_line(MISSING, yellow=True)
