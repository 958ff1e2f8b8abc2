"""The team's consumer: whoever is in the room hears what anybody says."""

from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer


class RoomConsumer(AsyncJsonWebsocketConsumer):
    groups = ["room"]

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        await self.channel_layer.group_send("room", {"type": "said", "text": content})

    async def said(self, event: dict[str, Any]) -> None:
        await self.send_json({"said": event["text"]})
