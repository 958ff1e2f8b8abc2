"""What one event loop holds of the channel layer: a fan-out and, with Redis, a bus."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from .bus import NODE_LENGTH, RedisBus, make_node_id
from .commands import Operation, RedisUnavailable
from .fanout import Deliver, Fanout, Message
from .throttle import Throttle

T = TypeVar("T")

MakeBus = Callable[[str, str, Callable[[], None], Callable[[], None]], RedisBus]

# Cannot begin a group's name, so a plain channel can be kept among the groups.
PLAIN = "!"


class LoopLayer:
    """The layer on one event loop; without `make_bus` for local delivery only.

    Names in Redis: a group's `{prefix}__group__{group}`, this loop's inbox for its specific
    channels `{prefix}__inbox__{node}`, a plain channel's `{prefix}__channel__{channel}`.
    """

    def __init__(
        self,
        prefix: str,
        make_bus: MakeBus | None,
        get_capacity: Callable[[str], int],
        expiry: float,
        dropped: Throttle,
    ) -> None:
        self.node = make_node_id()
        self._prefix = prefix
        self._has_inbox = False
        self._fanout = fanout = Fanout(get_capacity, expiry, dropped, self._opened, self._closed)
        inbox = self._inbox_of(self.node)
        self._bus = make_bus(self.node, inbox, fanout.hold, fanout.release) if make_bus else None

    # Channels

    def new_channel(self, prefix: str) -> str:
        if self._bus and not self._has_inbox:
            self._has_inbox = True
            self._bus.want(self._inbox_of(self.node), self._receive_inbox)
        channel = f"{prefix}{self.node}!{uuid.uuid4().hex[:NODE_LENGTH]}"
        self._fanout.open(channel)
        return channel

    async def send(self, channel: str, message: Message) -> None:
        node = _node_of(channel)
        if node == self.node:
            self._fanout.send(channel, message)
        elif self._bus is None:
            # As with Channels' in-memory layer, a message may be sent before its receiver is
            # there; but a specific channel whose loop is gone will not have one.
            if node is None:
                self._fanout.put(self._fanout.open(channel), message)
        elif node is None:
            self._fanout.send(channel, message)
            await self._bus.publish([(self._name_of(PLAIN + channel), message)])
        else:
            envelope = {"channel": channel, "message": message}
            await self._bus.publish([(self._inbox_of(node), envelope)])

    async def receive(self, channel: str) -> Message:
        if self._bus and _node_of(channel) is None:
            self._fanout.join(PLAIN + channel, channel)
        return await self._fanout.receive(channel)

    def attach(self, channel: str, deliver: Deliver, newest_only: bool) -> None:
        self._fanout.attach(channel, deliver, newest_only)

    def detach(self, channel: str) -> None:
        self._fanout.detach(channel)

    # Groups

    def group_add(self, group: str, channel: str) -> None:
        node = _node_of(channel)
        if node is not None and node != self.node:
            raise RuntimeError(f"{channel} belongs to another process and cannot join groups here")
        self._fanout.join(group, channel)

    def group_discard(self, group: str, channel: str) -> None:
        self._fanout.leave(group, channel)

    async def group_send_many(self, messages: Sequence[tuple[str, Message]]) -> None:
        for group, message in messages:
            if self._fanout.deliver(group, message) and len(messages) > 1:
                # Let sockets be written between groups: the first need not wait for the last.
                await asyncio.sleep(0)
        if self._bus:
            await self._bus.publish([(self._name_of(group), m) for group, m in messages])

    def deliver(self, group: str, message: Message) -> None:
        self._fanout.deliver(group, message)

    async def run(self, operation: Operation[T], timeout_seconds: float) -> T:
        if self._bus is None:
            raise RedisUnavailable("the channel layer has no Redis")
        return await self._bus.run(operation, timeout_seconds)

    # Life cycle

    def connect(self) -> None:
        if self._bus:
            self._bus.start()

    async def settle(self) -> None:
        if self._bus:
            await self._bus.settle()

    async def flush(self) -> None:
        """Drop all channels and groups, close all connections. Usable again afterwards."""
        self._fanout.clear()
        if self._bus:
            self._has_inbox = False
            await self._bus.close()

    # What the fan-out and the bus call

    def _opened(self, group: str) -> None:
        if self._bus is None:
            return
        if group.startswith(PLAIN):
            self._bus.want(self._name_of(group), partial(self._fanout.send, group[1:]))
        else:
            self._bus.want(self._name_of(group), partial(self.deliver, group))

    def _closed(self, group: str) -> None:
        if self._bus:
            self._bus.unwant(self._name_of(group))

    def _receive_inbox(self, envelope: Any) -> None:
        self._fanout.send(envelope["channel"], envelope["message"])

    def _name_of(self, group: str) -> str:
        if group.startswith(PLAIN):
            return f"{self._prefix}__channel__{group[1:]}"
        return f"{self._prefix}__group__{group}"

    def _inbox_of(self, node: str) -> str:
        return f"{self._prefix}__inbox__{node}"


def _node_of(channel: str) -> str | None:
    """The node in a name made by `new_channel`; None for a plain channel."""
    head, mark, _ = channel.partition("!")
    return head[-NODE_LENGTH:] if mark and len(head) >= NODE_LENGTH else None
