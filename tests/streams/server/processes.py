"""The server with the tests' own application, and clients of it."""

from typing import Any

from tests.processes import Server


class AppServer(Server):
    """Serves `tests.streams.server.app`."""

    def __init__(self, *args: str, **options: Any) -> None:
        environment = {
            "DJANGO_SETTINGS_MODULE": "tests.streams.server.settings",
            "DRAIN_SECONDS": "0",
            "CLOSE_SECONDS": "1",
        }
        super().__init__(*args, **{**environment, **options})
