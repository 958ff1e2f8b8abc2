"""One server process for the tests that leave it as they found it."""

from collections.abc import Iterator

import pytest

from tests.streams.server.process import ServerProcess


@pytest.fixture(scope="session")
def shared_server() -> Iterator[ServerProcess]:
    with ServerProcess() as process:
        yield process.wait_until_listening()
        assert process.end() == 0


@pytest.fixture
def server(shared_server: ServerProcess) -> Iterator[ServerProcess]:
    """The shared server; afterwards its log must hold no traceback."""
    seen = len(shared_server.output)
    yield shared_server
    log = "".join(shared_server.output[seen:])
    assert "Traceback" not in log, log
