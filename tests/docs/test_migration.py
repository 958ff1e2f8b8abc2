"""docs/migration.md: the v1 client in it runs, unchanged but for the address."""

from tests.docs.pages import python_of
from tests.processes import Process, Server


def test_a_v1_client_runs_unchanged() -> None:
    [program] = python_of("migration.md")
    assert 'URL = "ws://localhost:8000"' in program
    with Server() as server:
        program = program.replace("ws://localhost:8000", f"ws://{server.address}")
        with Process("-c", program) as client:
            assert client.wait() == 0, client.output
    lines = client.output.splitlines()
    assert {line.split()[0] for line in lines[:2]} == {"AAPL", "TSLA"}
    assert len(lines) == 7
    assert "None" not in client.output
