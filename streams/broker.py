"""Celery's way to Redis: kombu's, with the options that all of our connections have."""

from __future__ import annotations

from typing import Any, Final

from kombu.transport import redis as kombu_redis
from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import ResponseError

from streams.failover import require_writable

CONNECTIONS: Final[dict[str, type[Any]]] = {
    "redis": Connection,
    "rediss": SSLConnection,
    "unix": UnixDomainSocketConnection,
}


class Channel(kombu_redis.Channel):
    """Connects as the transport options `scheme` and `redis` say; no URL does."""

    def __init__(self, connection: Any, **kwargs: Any) -> None:
        self._options: dict[str, Any] = connection.client.transport_options
        self.connection_class = CONNECTIONS[self._options["scheme"]]
        super().__init__(connection, **kwargs)

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        params: dict[str, Any] = super()._connparams(asynchronous)  # type: ignore[misc]
        return {
            "db": 0,
            "connection_class": params["connection_class"],
            "max_connections": params["max_connections"],
            "redis_connect_func": require_writable,
            **self._options["redis"],
        }


class Transport(kombu_redis.Transport):
    """A refusal, which after a failover comes from a replica, is a reason to connect again."""

    Channel = Channel
    can_parse_url = True
    connection_errors = (*kombu_redis.Transport.connection_errors, ResponseError)

    def as_uri(self, uri: str, include_password: bool = False, mask: str = "**") -> str:
        """For logs; it has no password."""
        return uri
