"""Settings with channels_redis's own pub/sub layer in the place of ours."""

from tests.settings import *  # noqa: F403
from tests.settings import REDIS_URL

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
