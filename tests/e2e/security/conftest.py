"""One real server with USE_SECURITY for each file of tests, and secrets that it must not tell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.security.installation import ADMIN_KEY, PASSWORD, Installation
from tests.processes import Server


@pytest.fixture(scope="module")
def place(prepared: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    database = tmp_path_factory.mktemp("security") / "db.sqlite3"
    # Everybody here comes from one address, and guesses a lot.
    return prepared.copy(
        database,
        LOG_LEVEL="DEBUG",
        MAX_HANDSHAKES_PER_MINUTE="100000",
        MAX_WRONG_KEYS_PER_MINUTE="100000",
    )


@pytest.fixture(scope="module")
def secrets() -> list[str]:
    """What must not be found in the server's output."""
    return [ADMIN_KEY, PASSWORD]


@pytest.fixture(scope="module")
def server(place: Installation, secrets: list[str]) -> Iterator[Server]:
    with place.serve("--access-log", "-") as server:
        yield server
    assert "Traceback" not in server.output
    assert "WSCONNECT" in server.output, "the log was on"
    for secret in secrets:
        assert secret not in server.output


@pytest.fixture
def key(place: Installation, secrets: list[str]) -> str:
    key = place.add_key()
    secrets.append(key)
    return key
