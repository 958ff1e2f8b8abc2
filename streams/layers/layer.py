"""StreamsChannelLayer: the Channels interface of this package."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from channels.layers import BaseChannelLayer
from channels_redis.serializers import registry  # type: ignore[import-untyped]
from channels_redis.utils import _wrap_close  # type: ignore[import-untyped]

from .bus import RedisBus
from .commands import Operation
from .connection import get_server_name, read_hosts
from .fanout import Deliver, Message
from .health import LinkHealth
from .loop_layer import LoopLayer
from .throttle import Throttle

logger = logging.getLogger(__name__)

T = TypeVar("T")

PING_SECONDS = 5.0


class StreamsChannelLayer(BaseChannelLayer):
    """A channel layer whose clients do not notice when Redis dies.

    Without `hosts` it serves the receivers on the event loop it is used on, and nobody else.
    With `hosts` (as in channels_redis: URLs, (host, port) pairs, redis-py options, Sentinel;
    several are shards) it also reaches all other event loops and processes, through Redis
    pub/sub, and so does every message of theirs reach this one. `prefix`,
    `serializer_format` and `symmetric_encryption_keys` are those of channels_redis.

    What a sender can rely on: a message to a group reaches the receivers on the sender's own
    event loop at once and exactly once, whatever Redis does (`delivers_locally`); it reaches
    each other loop at most once. Only arguments raise; Redis never does: its loss and return
    are logged once each, and told to `health_listeners` as `listener(is_connected)`.

    What a receiver must know: all receivers in a process get the same message object and must
    not change it. A channel keeps its newest `capacity` messages (`channel_capacity` by
    pattern) until they are received. A channel whose receive was cancelled leaves its groups
    after `expiry` seconds.

    State belongs to the event loop it is used on, so calls from several threads, each with a
    loop of its own (`async_to_sync`), do not disturb each other. Between loops messages pass
    through Redis only; without it, use `asyncio.run_coroutine_threadsafe` on the server's loop.
    """

    extensions = ["groups", "flush"]
    delivers_locally = True

    def __init__(
        self,
        hosts: Sequence[Any] | None = None,
        prefix: str = "asgi",
        expiry: int = 60,
        capacity: int = 100,
        channel_capacity: dict[Any, int] | None = None,
        serializer_format: str = "msgpack",
        symmetric_encryption_keys: Sequence[str | bytes] | None = None,
        ping_seconds: float = PING_SECONDS,
    ) -> None:
        super().__init__(expiry=expiry, capacity=capacity)
        self._capacities = self.compile_capacities(channel_capacity or {})
        self.prefix = prefix
        self.health_listeners: list[Callable[[bool], None]] = []
        self._hosts = read_hosts(hosts) if hosts else []
        self._healths = [LinkHealth(get_server_name(h), self._changed) for h in self._hosts]
        self._serializer = registry.get_serializer(
            serializer_format, symmetric_encryption_keys=symmetric_encryption_keys
        )
        self._ping_seconds = ping_seconds
        self._dropped = Throttle(logger, "Messages dropped, whose channels do not receive: %d")
        self._undecodable = Throttle(
            logger, "Messages from Redis dropped, which cannot be decoded: %d"
        )
        # The name is the one that channels_redis's _wrap_close works on.
        self._layers: dict[asyncio.AbstractEventLoop, LoopLayer] = {}

    # Channels

    async def new_channel(self, prefix: str = "specific.") -> str:
        """The name of a new channel on this event loop."""
        return self._here().new_channel(prefix)

    async def send(self, channel: str, message: Message) -> None:
        """Send to one channel, in whatever process; to a plain name, to all who receive it."""
        self.require_valid_channel_name(channel)
        _require_message(message)
        await self._here().send(channel, message)

    async def receive(self, channel: str) -> Message:
        """The channel's next message; of several who wait one gets it."""
        self.require_valid_channel_name(channel)
        return await self._here().receive(channel)

    def attach(self, channel: str, deliver: Deliver, newest_only: bool = False) -> None:
        """From now on, call `deliver(group, message)` for each group message of the channel.

        It is called on the event loop, one receiver after the other, and must be quick. If it
        raises, that is logged once and the next message is delivered as usual. Messages to the
        channel itself still wait in its queue.

        With `newest_only` it is spared what is out of date after the process stood still: of
        what waited in the socket meanwhile it gets each group's newest message.
        """
        self.require_valid_channel_name(channel)
        self._here().attach(channel, deliver, newest_only)

    def detach(self, channel: str) -> None:
        """Undo `attach`; the channel's messages go to its queue again."""
        self._here().detach(channel)

    # Groups

    async def group_add(self, group: str, channel: str) -> None:
        """Have the channel receive the group's messages; does not wait for Redis.

        Messages from other processes come once Redis has confirmed the subscription; who needs
        to know when, awaits `settle`.
        """
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        self._here().group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Undo `group_add`; does not wait for Redis, and a channel not in the group is fine."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        self._here().group_discard(group, channel)

    async def group_send(self, group: str, message: Message) -> None:
        """Send to all of the group: here at once, elsewhere within Redis's timeout or never."""
        await self.group_send_many([(group, message)])

    async def group_send_many(self, messages: Sequence[tuple[str, Message]]) -> None:
        """`group_send` for many (group, message) pairs, in one round trip to Redis."""
        for group, message in messages:
            self.require_valid_group_name(group)
            _require_message(message)
        await self._here().group_send_many(messages)

    def deliver(self, group: str, message: Message) -> None:
        """`group_send` to the receivers on this event loop only."""
        self._here().deliver(group, message)

    async def run(self, operation: Operation[T], timeout_seconds: float) -> T:
        """What `operation(redis)` gives, on this loop's own connection to the first server.

        For what a process keeps in Redis beside its channels, so that it need not open more
        connections. Raises RedisUnavailable; while Redis is lost, at once.
        """
        return await self._here().run(operation, timeout_seconds)

    # Health

    @property
    def is_shared(self) -> bool:
        """Whether other processes are meant to be reached."""
        return bool(self._hosts)

    @property
    def is_connected(self) -> bool:
        """Whether they are, as far as known: False until Redis was first used (see `connect`)."""
        states = [health.connected for health in self._healths]
        return True in states and False not in states

    @property
    def dropped_messages(self) -> int:
        """How many messages were dropped because their channels did not receive."""
        return self._dropped.total

    @property
    def unpublished_messages(self) -> int:
        """How many messages did not get to other processes because Redis was lost."""
        return sum(health.unpublished for health in self._healths)

    @property
    def refused_operations(self) -> int:
        """How many operations of `run` Redis answered with an error."""
        return sum(health.refused.total for health in self._healths)

    async def connect(self) -> None:
        """Begin to connect now, not with the first receiver; does not wait for Redis."""
        self._here().connect()

    async def settle(self) -> None:
        """Wait until Redis has confirmed this loop's subscriptions; forever if it is lost."""
        await self._here().settle()

    # Life cycle

    async def flush(self) -> None:
        """Drop this loop's channels and groups and close its connections, as if new."""
        await self.close()

    async def close(self) -> None:
        """The same as `flush`. Happens by itself when the event loop is closed."""
        layer = self._layers.get(asyncio.get_running_loop())
        if layer is not None:
            await layer.flush()

    def get_capacity(self, channel: str) -> int:
        for pattern, capacity in self._capacities:
            if pattern.match(channel):
                return capacity
        return self.capacity

    def _here(self) -> LoopLayer:
        loop = asyncio.get_running_loop()
        layer = self._layers.get(loop)
        if layer is None:
            layer = self._layers[loop] = LoopLayer(
                self.prefix,
                self._make_bus if self._hosts else None,
                self.get_capacity,
                self.expiry,
                self._dropped,
            )
            _wrap_close(self, loop)
        return layer

    def _make_bus(
        self,
        node: str,
        probe_name: str,
        hold: Callable[[], None],
        release: Callable[[], None],
    ) -> RedisBus:
        return RedisBus(
            self._hosts,
            self._healths,
            node,
            self._serializer,
            self._undecodable,
            probe_name,
            self._ping_seconds,
            hold,
            release,
        )

    def _changed(self) -> None:
        connected = self.is_connected
        for listener in tuple(self.health_listeners):
            try:
                listener(connected)
            except Exception:
                logger.exception("A listener to the channel layer's health failed")


def _require_message(message: object) -> None:
    if not isinstance(message, dict):
        raise TypeError(f"a message must be a dict, not {type(message).__name__}")
