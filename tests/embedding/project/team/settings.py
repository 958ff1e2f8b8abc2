"""The team's settings; those of the streams are one dict, and may be left out.

TEST_LAYER says which channel layers it has, for the test that runs it.
"""

import os
from pathlib import Path

BASE_DIR = Path(os.environ["TEST_FOLDER"])
SECRET_KEY = "for a test only"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "team",
]
INSTALLED_APPS += ["streams", "marketdata"]

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
ROOT_URLCONF = "team.urls"
ASGI_APPLICATION = "team.asgi.application"
STATIC_URL = "static/"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}

REDIS_URL = os.environ.get("TEST_REDIS_URL", "")
MEMORY = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
match os.environ["TEST_LAYER"]:
    case "memory":
        # Nothing about the streams: every setting has its default.
        CHANNEL_LAYERS = {"default": MEMORY}
    case "redis":
        from streams.schedule import beat_schedule, broker

        CHANNEL_LAYERS = {
            "default": {
                "BACKEND": "channels_redis.core.RedisChannelLayer",
                "CONFIG": {"hosts": [REDIS_URL]},
            }
        }
        STREAMS = {"REDIS_URL": REDIS_URL, "REFRESH_SECONDS": 1}
        CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT, CELERY_BROKER_TRANSPORT_OPTIONS = broker(
            STREAMS
        )
        CELERY_BEAT_SCHEDULE = beat_schedule(STREAMS)
    case "two":
        CHANNEL_LAYERS = {
            "default": MEMORY,
            "live": {
                "BACKEND": "streams.layers.StreamsChannelLayer",
                "CONFIG": {"hosts": [REDIS_URL], "prefix": "live"},
            },
        }
        STREAMS = {
            "CHANNEL_LAYER": "live",
            "REDIS_URL": REDIS_URL,
            "REFRESH_SECONDS": 1,
            "USE_SECURITY": True,
            "ADMIN_API_KEY": "the-key-of-the-team",
        }
    case "wrong":
        CHANNEL_LAYERS = {"default": MEMORY}
        STREAMS = {"REFRESH_SECONDS": "often", "MAX_CONECTIONS": 5}
