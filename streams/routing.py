"""The public endpoints."""

from django.urls import re_path

from streams.consumers import HoursConsumer, MarketConsumer, ProfileConsumer, QuotesConsumer

websocket_urlpatterns = [
    re_path(r"^profile/(?P<symbol>[^/]+)/?$", ProfileConsumer.as_asgi()),
    re_path(r"^quotes/?$", QuotesConsumer.as_asgi()),
    re_path(r"^market/?$", MarketConsumer.as_asgi()),
    re_path(r"^hours/?$", HoursConsumer.as_asgi()),
]
