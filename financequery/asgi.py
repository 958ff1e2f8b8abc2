"""The ASGI application: Django for HTTP, the endpoints for WebSockets."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "financequery.settings")
http_application = get_asgi_application()

# Consumers can be imported only once Django is set up.
from streams.asgi import get_streams_application  # noqa: E402
from streams.operations import Operations  # noqa: E402

# Health and metrics outermost: they do not depend on Django's threads, nor on the endpoints.
application = Operations(
    ProtocolTypeRouter({"http": http_application, "websocket": get_streams_application()})
)
