"""The team's ASGI application: its pages, its consumer, and the streams."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "team.settings")
pages = get_asgi_application()

from streams.asgi import get_streams_application  # noqa: E402
from team.consumers import RoomConsumer  # noqa: E402

streams = get_streams_application()

application = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": URLRouter(
            [
                path("ws/room/", AuthMiddlewareStack(RoomConsumer.as_asgi())),
                path("ws/market/", streams),
                # Or at the root, as the last: it answers 404 to what it does not know.
                path("", streams),
            ]
        ),
    }
)
