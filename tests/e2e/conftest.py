"""What tests on real servers share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.security.installation import Installation


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation to copy: making its tables takes longer than most tests."""
    installation = Installation(tmp_path_factory.mktemp("prepared") / "db.sqlite3")
    installation.prepare()
    return installation


@pytest.fixture
def installation(prepared: Installation, tmp_path: Path) -> Installation:
    return prepared.copy(tmp_path / "db.sqlite3")
