"""Stock Channels on Daphne: `group_send` through the in-memory or the Redis pub/sub layer."""

from __future__ import annotations

import asyncio
from typing import Any

import daphne.server
import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter
from django.conf import settings

from benchmarks.servers.options import make_payload, parse_options, tick_forever

groups: set[str] = set()
ticking: list[asyncio.Task[None]] = []


class Consumer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        if not ticking:
            ticking.append(asyncio.create_task(tick_forever(options.interval, tick)))
        self.group = self.scope["path"].strip("/") or "all"
        groups.add(self.group)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(make_payload(self.group, options.size))

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def tick(self, event: Any) -> None:
        await self.send(event["payload"])


async def tick() -> None:
    layer: Any = get_channel_layer()
    for group in groups:
        message = {"type": "tick", "payload": make_payload(group, options.size)}
        await layer.group_send(group, message)


options = parse_options()
layer_settings: dict[str, Any] = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
if options.redis:
    layer_settings = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [options.redis]},
    }
settings.configure(CHANNEL_LAYERS={"default": layer_settings}, INSTALLED_APPS=["channels"])
django.setup()
daphne.server.Server(
    ProtocolTypeRouter({"websocket": Consumer.as_asgi()}),
    endpoints=[f"tcp:port={options.port}:interface=127.0.0.1:backlog=4096"],
    websocket_timeout=-1,
).run()
