"""File descriptors, in a process of its own: a limit once lowered cannot be raised again."""

import pytest

from tests.processes import Process

PROGRAM = """
import logging, resource
from streams.descriptors import raise_limit
logging.basicConfig()
resource.setrlimit(resource.RLIMIT_NOFILE, (64, {hard}))
raise_limit(100)
print(resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("hard", "limits", "warning"),
    [
        (1000, "(356, 1000)", ""),
        (200, "(200, 200)", "which needs 156 more open files than this process may have"),
    ],
)
def test_a_server_asks_for_as_many_as_its_connections_need(
    hard: int, limits: str, warning: str
) -> None:
    with Process("-c", PROGRAM.format(hard=hard)) as process:
        assert process.wait() == 0
    assert process.output.endswith(limits)
    assert warning in process.output
