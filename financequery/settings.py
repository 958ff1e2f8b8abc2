"""Django settings; the only file that reads the environment.

Every default runs locally with no services. A wrong value refuses the start with a sentence
that names the variable.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError, validate

from streams.conf import SETTINGS, Setting
from streams.hosts import describe_impossible_host, find_impossible_host
from streams.origins import canonical_origin, is_web_origin
from streams.platforms import find_platform
from streams.redis_urls import parse_redis_url
from streams.schedule import beat_schedule, broker

# Of a process. Who finds all in use waits; those that nobody uses are closed.
DATABASE_POOL = {"min_size": 0, "max_size": 4, "timeout": 10, "max_idle": 5}

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
env.read_env(BASE_DIR / ".env", recurse=False)


def _given(read: Callable[..., Any], name: str, default: Any, **options: Any) -> Any:
    """What a variable says; a blank one nothing: compose files write those that are not set."""
    return read(name, default, **options) if env.str(name, "").strip() else default


def _list(name: str, default: Any) -> Any:
    return [item.strip() for item in env.list(name, default) if item.strip()]


READ_TYPE: dict[type, Any] = {
    bool: env.bool,
    int: env.int,
    float: env.float,
    str: env.str,
    tuple: _list,
}


def _read(setting: Setting[Any], default: Any) -> Any:
    value = _given(READ_TYPE[type(setting.default)], setting.name, default)
    if problem := setting.problem(value):
        raise ImproperlyConfigured(f"{setting.name} {problem}")
    return value


try:
    # --- What is streamed, to whom: the README's table says what each one means --------------
    found = find_platform(lambda variable: bool(env.str(variable, "")))
    platform_defaults = (
        {"PLATFORM": found.name, "KILL_SECONDS": found.kill_seconds} if found else {}
    )
    # Heroku names its dynos.
    platform_defaults["PROCESS_NAME"] = env.str("DYNO", "")
    STREAMS = {
        name: _read(setting, platform_defaults.get(name, setting.default))
        for name, setting in SETTINGS.items()
        if name != "CHANNEL_LAYER"  # there is one
    }

    # --- Django --------------------------------------------------------------------------
    DEBUG = _given(env.bool, "DEBUG", False)
    SECRET_KEY = _given(env.str, "SECRET_KEY", "")
    # Off only where nobody speaks TLS, neither this process nor a proxy in front of it.
    HTTPS_ONLY = _given(env.bool, "HTTPS_ONLY", not DEBUG)
    HSTS_SECONDS = _given(
        env.int, "HSTS_SECONDS", 31_536_000, validate=validate.Range(0, 63_072_000)
    )
    ALLOWED_HOSTS = _given(_list, "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
    if (impossible := find_impossible_host(ALLOWED_HOSTS)) is not None:
        raise ImproperlyConfigured(f"ALLOWED_HOSTS {describe_impossible_host(impossible)}")
    DATABASE_URL = _given(env.str, "DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
    # --- Watching it ---------------------------------------------------------------------
    # Errors go there, without keys, cookies or bodies; it needs requirements-sentry.txt.
    SENTRY_DSN = _given(
        env.str,
        "SENTRY_DSN",
        "",
        validate=validate.Regexp(
            r"^(https?://[^@/\s]+@\S+/\d+)?$", error="Not like https://key@host/1."
        ),
    )
    if SENTRY_DSN and find_spec("sentry_sdk") is None:
        raise ImproperlyConfigured("SENTRY_DSN needs requirements-sentry.txt installed")
    LOG_FORMAT = _given(env.str, "LOG_FORMAT", "plain", validate=validate.OneOf(["plain", "json"]))
    LOG_LEVEL = _given(
        env.str, "LOG_LEVEL", "INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])
    )
except EnvValidationError as error:
    raise ImproperlyConfigured(str(error)) from error

if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY must be set to a long random text (or DEBUG=1 for local work)"
        )
    SECRET_KEY = "insecure-and-for-local-work-only"

INSTALLED_APPS = [
    "streams",
    "dashboard",
    "channels",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "dashboard.policies.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "streams.logins.LoginThrottle",
]

# --- Cookies, TLS, headers: what `check --deploy` asks for ----------------------------------------
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SECURE_HSTS_SECONDS = HSTS_SECONDS if HTTPS_ONLY else 0
# What asks these comes past the proxy, from inside.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
# Subdomains and browsers' preload lists are the domain owner's to decide, not this service's.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if STREAMS["TRUSTED_PROXY_HOPS"]:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Pages that may open sockets with a session may send forms, too.
CSRF_TRUSTED_ORIGINS = [
    origin
    for text in STREAMS["ALLOWED_ORIGINS"]
    if is_web_origin(text) and (origin := canonical_origin(text))
]
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
LOGIN_URL = LOGOUT_REDIRECT_URL = "dashboard:login"
LOGIN_REDIRECT_URL = "dashboard:live"

ROOT_URLCONF = "financequery.urls"
ASGI_APPLICATION = "financequery.asgi.application"

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

try:
    DATABASE = dj_database_url.parse(DATABASE_URL, conn_health_checks=True)
except ValueError as error:
    raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {type(error).__name__}") from error
if DATABASE["ENGINE"] == "django.db.backends.postgresql":
    # Under ASGI each request has a thread of its own, and would have a connection of its own.
    DATABASE.setdefault("OPTIONS", {})["pool"] = DATABASE_POOL
DATABASES = {"default": DATABASE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL, REDIS_PREFIX = STREAMS["REDIS_URL"], STREAMS["REDIS_PREFIX"]
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "streams.layers.StreamsChannelLayer"}
}
if REDIS_URL:
    CHANNEL_LAYERS["default"]["CONFIG"] = {
        "hosts": [parse_redis_url(REDIS_URL, verify=STREAMS["REDIS_TLS_VERIFY"]).host],
        "prefix": REDIS_PREFIX,
    }

# --- Celery: beat sends a refresh for each shard every tick, a worker does it -------------------
CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT, CELERY_BROKER_TRANSPORT_OPTIONS = broker(STREAMS)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "streams"
CELERY_WORKER_POOL = "threads"  # a refresh waits for HTTP; threads share connections and caches
CELERY_WORKER_CONCURRENCY = 4
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A refresh interrupted by the loss of Redis has nothing to hand in; and Celery warns without it.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BEAT_SCHEDULER = "celery.beat.Scheduler"  # keeps no file: there is nothing to remember
CELERY_BEAT_SCHEDULE = beat_schedule(STREAMS)

AUTHENTICATION_BACKENDS = [
    "streams.logins.ThrottleBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": f"dashboard.storage.{'PlainStorage' if DEBUG else 'ModuleManifestStorage'}",
        "OPTIONS": {"base_url": STATIC_URL},
    },
}

# For loggers that say something at every tick: of use only when ticks are what is looked for.
QUIET_LEVEL = LOG_LEVEL if LOG_LEVEL in ("DEBUG", "ERROR") else "WARNING"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name}: {about}{message}", "style": "{"},
        "json": {"()": "streams.logs.JsonLines"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "celery.app.trace": {"level": QUIET_LEVEL},
        # A warning at every attempt; whoever needs a connection gets an error, which is logged.
        "psycopg.pool": {"level": "ERROR"},
        "celery.worker.request": {"level": QUIET_LEVEL},  # of expired ticks, one by one
        "celery.worker.strategy": {"level": QUIET_LEVEL},
        # Without Redis, a traceback at every tick.
        "celery.beat": {"level": QUIET_LEVEL, "filters": ["once_per_minute"]},
        # Django's own has a handler of its own in debug mode, which says everything once more.
        "django": {"handlers": []},
    },
    "filters": {
        "once_per_minute": {"()": "streams.logs.OncePerMinute"},
        "request_id": {"()": "streams.request_ids.WithRequestId"},
    },
}

if SENTRY_DSN:
    from financequery import sentry  # an extra: only there if it is asked for

    sentry.start(SENTRY_DSN, STREAMS["PROCESS_NAME"])
