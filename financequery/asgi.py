"""The ASGI application: Django for HTTP, the endpoints for WebSockets."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "financequery.settings")
http_application = get_asgi_application()

# Consumers can be imported only once Django is set up.
from streams.apps import get_streams  # noqa: E402
from streams.auth import validated  # noqa: E402
from streams.handshake import not_found  # noqa: E402
from streams.operations import Operations  # noqa: E402
from streams.routing import websocket_urlpatterns  # noqa: E402

application = Operations(
    ProtocolTypeRouter(
        {
            "http": http_application,
            "websocket": validated(URLRouter([*websocket_urlpatterns, re_path(r"", not_found)])),
        }
    )
)

get_streams().start()
