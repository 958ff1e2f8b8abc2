"""Two Redis servers, one a replica of the other, for tests of what a failover does."""

from __future__ import annotations

from typing import Self

from tests.forwarder import Forwarder
from tests.redis_server import RedisServer


class Pair:
    """Two servers, the second a replica of the first, and a name that leads to one of them."""

    def __init__(self) -> None:
        self.first, self.second = RedisServer(), RedisServer()
        self.first.start()
        self.second.start()
        _follow(self.second, self.first)
        self.name = Forwarder(self.first.port)

    def __enter__(self) -> Self:
        self.name.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.name.__exit__(None, None, None)
        self.first.kill()
        self.second.kill()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.name.port}/0"

    def demote(self) -> None:
        """The first follows the second; open connections stay, and so does the name."""
        self.second.command("REPLICAOF", "NO", "ONE")
        _follow(self.first, self.second)

    def rename(self) -> None:
        """The name leads to the second."""
        self.name.to_port = self.second.port


def _follow(replica: RedisServer, master: RedisServer) -> None:
    replica.command("REPLICAOF", "127.0.0.1", str(master.port))
