"""One server process for the tests that leave it as they found it."""

from collections.abc import Iterator

import pytest

from tests.streams.server.processes import AppServer


@pytest.fixture(scope="session")
def shared_server() -> Iterator[AppServer]:
    with AppServer() as process:
        yield process
        assert process.stop() == 0


@pytest.fixture
def server(shared_server: AppServer) -> Iterator[AppServer]:
    """The shared server; afterwards its log must hold no traceback."""
    seen = len(shared_server.output)
    yield shared_server
    log = shared_server.output[seen:]
    assert "Traceback" not in log, log


@pytest.fixture(scope="session")
def impatient_server() -> Iterator[AppServer]:
    """Gives handshakes, and quiet clients, a second each."""
    options = ("--websocket_connect_timeout", "--ping-interval", "--ping-timeout")
    with AppServer(*(word for option in options for word in (option, "1"))) as process:
        yield process
        assert process.stop() == 0
    assert "Traceback" not in process.output


@pytest.fixture(scope="session")
def strict_server() -> Iterator[AppServer]:
    with AppServer(
        MAX_CONNECTIONS="3",
        MAX_BODY_BYTES="100",
        REQUEST_SECONDS="1",
        MAX_HEAD_BYTES="2000",
        KEEP_ALIVE_SECONDS="2",
        MAX_MESSAGES_PER_SECOND="10000",
    ) as server:
        yield server
        assert server.stop() == 0
    assert "Traceback" not in server.output
