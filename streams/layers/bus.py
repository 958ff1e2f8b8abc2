"""Names to Redis servers, messages to bytes and back, for one event loop."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from channels_redis.utils import _consistent_hash  # type: ignore[import-untyped]

from .commands import Commands, Operation
from .connection import Host, close_redis, get_timeout_seconds, open_redis
from .health import LinkHealth
from .publisher import Publisher
from .subscriber import Subscriber
from .throttle import Throttle

T = TypeVar("T")

NODE_LENGTH = 16


class Serializer(Protocol):
    """What channels_redis's serializers offer, encryption included."""

    def serialize(self, message: Any) -> bytes: ...

    def deserialize(self, message: bytes) -> Any: ...


def make_node_id() -> str:
    """A name for one event loop of one process: 16 hexadecimal digits."""
    return uuid.uuid4().hex[:NODE_LENGTH]


class RedisLink:
    """Both ways to one server."""

    def __init__(
        self,
        host: Host,
        health: LinkHealth,
        probe: tuple[str, bytes],
        ping_seconds: float,
        hold: Callable[[], None],
        release: Callable[[], None],
    ) -> None:
        self._redis = open_redis(host)
        self._probe = probe
        timeout = get_timeout_seconds(host)
        self.publisher = Publisher(self._redis, timeout, health, on_lost=self._check)
        self.commands = Commands(self._redis, self.publisher.lock, health, on_lost=self._check)
        self.subscriber = Subscriber(
            self._redis, timeout, health, self._probe_publisher, ping_seconds, hold, release
        )

    async def close(self) -> None:
        await self.subscriber.stop()
        await close_redis(self._redis)

    def _check(self) -> None:
        self.subscriber.check()

    async def _probe_publisher(self) -> None:
        await self.publisher.probe(self._probe)


class RedisBus:
    """Carries messages between the event loops of all processes.

    What it publishes starts with `node`, in clear, so that the echo of its own messages is
    dropped undecoded.
    """

    def __init__(
        self,
        hosts: Sequence[Host],
        healths: Sequence[LinkHealth],
        node: str,
        serializer: Serializer,
        undecodable: Throttle,
        probe_name: str,
        ping_seconds: float,
        hold: Callable[[], None],
        release: Callable[[], None],
    ) -> None:
        self._node = node.encode()
        self._serializer = serializer
        self._undecodable = undecodable
        self._links = [
            RedisLink(host, health, (probe_name, self._node), ping_seconds, hold, release)
            for host, health in zip(hosts, healths, strict=True)
        ]

    def want(self, name: str, receive: Callable[[Any], None]) -> None:
        """Have `receive(message)` called for what others publish to `name`; never waits."""

        def receive_bytes(data: bytes) -> None:
            if not data.startswith(self._node):
                self._receive(name, data, receive)

        self._link(name).subscriber.want(name, receive_bytes)

    def unwant(self, name: str) -> None:
        self._link(name).subscriber.unwant(name)

    async def publish(self, messages: Sequence[tuple[str, Any]]) -> None:
        """Publish (name, message) pairs, in one round trip per server; errors are not raised.

        Raises what the serializer raises for a message it cannot encode.
        """
        batches: dict[int, list[tuple[str, bytes]]] = {}
        for name, message in messages:
            data = self._node + self._serializer.serialize(message)
            batches.setdefault(self._shard(name), []).append((name, data))
        if len(batches) == 1:
            [(shard, batch)] = batches.items()
            await self._links[shard].publisher.publish(batch)
        elif batches:
            await asyncio.gather(*(self._links[i].publisher.publish(b) for i, b in batches.items()))

    async def run(self, operation: Operation[T], timeout_seconds: float) -> T:
        """Run other commands on the first server. Raises RedisUnavailable."""
        return await self._links[0].commands.run(operation, timeout_seconds)

    async def settle(self) -> None:
        """Wait until the servers have confirmed the subscriptions wanted at this moment."""
        for link in self._links:
            await link.subscriber.settle()

    def start(self) -> None:
        """Begin to connect to every server; never waits."""
        for link in self._links:
            link.subscriber.start()

    async def close(self) -> None:
        """Close all connections and want nothing any more. Usable again afterwards."""
        await asyncio.gather(*(link.close() for link in self._links))

    def _shard(self, name: str) -> int:
        return int(_consistent_hash(name, len(self._links)))

    def _link(self, name: str) -> RedisLink:
        return self._links[self._shard(name)]

    def _receive(self, name: str, data: bytes, receive: Callable[[Any], None]) -> None:
        try:
            receive(self._decode(data))
        except Exception as error:  # noqa: BLE001 - a serializer may raise anything
            self._undecodable.count(f"last on {name}: {error!r}")

    def _decode(self, data: bytes) -> dict[str, Any]:
        message = self._serializer.deserialize(data[NODE_LENGTH:])
        if not isinstance(message, dict):
            raise TypeError(f"a message must be a dict, not {type(message).__name__}")
        return message
