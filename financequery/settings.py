"""Django settings; the only file that reads the environment.

Every default runs locally with no services. A wrong value refuses the start with a sentence
that names the variable.
"""

import re
import socket
import ssl
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError, ValidationError, validate

BASE_DIR = Path(__file__).resolve().parent.parent


def _check_origins(origins: list[str]) -> None:
    if not all(re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?", origin) for origin in origins):
        raise ValidationError("Not a list like https://app.example.com,https://example.org:8443.")


def _get_host_name() -> str:
    """The first part of it, in characters that a process's name may have."""
    name = socket.gethostname().partition(".")[0]
    return re.sub(r"[^\w-]", "-", name)[:80] or "host"


env = Env()
env.read_env(BASE_DIR / ".env", recurse=False)

try:
    # --- What is streamed, and how often -------------------------------------------------
    REFRESH_SECONDS = env.float("REFRESH_SECONDS", 5.0, validate=validate.Range(0.2, 3600))
    MARKETDATA_PROVIDER = env.str(
        "MARKETDATA_PROVIDER", "simulated", validate=validate.OneOf(["simulated", "yahoo"])
    )
    # Replaces scheme and host of every Yahoo URL (tests, proxies).
    YAHOO_BASE_URL = env.str(
        "YAHOO_BASE_URL",
        "",
        validate=validate.Regexp(r"^(https?://[^/\s]+/?)?$", error="Not like http://host:port."),
    )
    YAHOO_USER_AGENT = env.str("YAHOO_USER_AGENT", "")
    # The budget of the whole cluster for everything that is asked of Yahoo.
    YAHOO_REQUESTS_PER_SECOND = env.float(
        "YAHOO_REQUESTS_PER_SECOND", 2.0, validate=validate.Range(0.01, 100)
    )
    YAHOO_BURST = env.int("YAHOO_BURST", 20, validate=validate.Range(1, 1000))
    # Prices pushed over Yahoo's own WebSocket, between the ticks.
    YAHOO_STREAM = env.bool("YAHOO_STREAM", default=False)
    # curl_cffi shakes hands like a browser; it needs requirements-curl.txt.
    YAHOO_HTTP = env.str(
        "YAHOO_HTTP", "requests", validate=validate.OneOf(["requests", "curl_cffi"])
    )
    if YAHOO_HTTP == "curl_cffi" and find_spec("curl_cffi") is None:
        raise ImproperlyConfigured("YAHOO_HTTP=curl_cffi needs requirements-curl.txt installed")

    # --- The cluster ---------------------------------------------------------------------
    # Empty: this process alone, no Redis, no Celery.
    REDIS_URL = env.str(
        "REDIS_URL",
        "",
        validate=validate.Regexp(
            r"^((redis|rediss)://\S+|unix://\S+)?$", error="Not like redis://host:port/0."
        ),
    )
    # Heroku's Redis has a self-signed certificate: 0 there.
    REDIS_TLS_VERIFY = env.bool("REDIS_TLS_VERIFY", default=True)
    REDIS_PREFIX = env.str("REDIS_PREFIX", "streams", validate=validate.Regexp(r"^[\w.-]{1,40}$"))
    REFRESH_SHARDS = env.int("REFRESH_SHARDS", 1, validate=validate.Range(1, 64))

    # --- What one client may do ----------------------------------------------------------
    MAX_SYMBOLS_PER_CONNECTION = env.int(
        "MAX_SYMBOLS_PER_CONNECTION", 200, validate=validate.Range(1, 10_000)
    )
    MAX_MESSAGE_BYTES = env.int("MAX_MESSAGE_BYTES", 8192, validate=validate.Range(64, 1_048_576))
    SUBSCRIBE_TIMEOUT_SECONDS = env.float(
        "SUBSCRIBE_TIMEOUT_SECONDS", 30.0, validate=validate.Range(0.1, 3600)
    )

    # --- Server --------------------------------------------------------------------------
    SLOW_CLIENT_SECONDS = env.float("SLOW_CLIENT_SECONDS", 30.0, validate=validate.Range(0.1, 3600))
    CLOSE_SECONDS = env.float("CLOSE_SECONDS", 3.0, validate=validate.Range(0.1, 60))
    # With what follows the last client's leaving it must stay below the 30 s that platforms give.
    DRAIN_SECONDS = env.float("DRAIN_SECONDS", 10.0, validate=validate.Range(0, 25))
    MAX_CONNECTIONS = env.int("MAX_CONNECTIONS", 10_000, validate=validate.Range(1, 1_000_000))
    MAX_MESSAGES_PER_SECOND = env.int(
        "MAX_MESSAGES_PER_SECOND", 20, validate=validate.Range(1, 10_000)
    )
    # 0: compression is not offered.
    COMPRESSION_MIN_BYTES = env.int(
        "COMPRESSION_MIN_BYTES", 1024, validate=validate.Range(0, 10_000_000)
    )
    MAX_BODY_BYTES = env.int("MAX_BODY_BYTES", 1_048_576, validate=validate.Range(0, 2**30))
    REQUEST_SECONDS = env.float("REQUEST_SECONDS", 30.0, validate=validate.Range(0.1, 3600))
    KEEP_ALIVE_SECONDS = env.float("KEEP_ALIVE_SECONDS", 15.0, validate=validate.Range(0.1, 3600))
    # --- Who may connect, and how much ---------------------------------------------------
    USE_SECURITY = env.bool("USE_SECURITY", default=False)
    # Unlimited; the key of whoever runs the service.
    ADMIN_API_KEY = env.str(
        "ADMIN_API_KEY",
        "",
        validate=validate.Regexp(
            r"^([!-~]{1,200})?$", error="Not 1 to 200 printable ASCII characters."
        ),
    )
    APP_RATE_LIMIT_PER_DAY = env.int(
        "APP_RATE_LIMIT_PER_DAY", 8000, validate=validate.Range(1, 1_000_000_000)
    )
    MAX_CONNECTIONS_PER_KEY = env.int(
        "MAX_CONNECTIONS_PER_KEY", 100, validate=validate.Range(1, 1_000_000)
    )
    MAX_HANDSHAKES_PER_MINUTE = env.int(
        "MAX_HANDSHAKES_PER_MINUTE", 600, validate=validate.Range(1, 1_000_000)
    )
    # After so many an address is answered 429, unless it has a key that is known already.
    MAX_WRONG_KEYS_PER_MINUTE = env.int(
        "MAX_WRONG_KEYS_PER_MINUTE", 30, validate=validate.Range(1, 1_000_000)
    )
    ALLOWED_ORIGINS = env.list(
        "ALLOWED_ORIGINS",
        [],
        subcast=str,
        validate=_check_origins,
    )
    # How many proxies in front append to X-Forwarded-For and set X-Forwarded-Proto: 1 on Heroku.
    TRUSTED_PROXY_HOPS = env.int("TRUSTED_PROXY_HOPS", 0, validate=validate.Range(0, 10))

    # --- Django --------------------------------------------------------------------------
    DEBUG = env.bool("DEBUG", default=False)
    SECRET_KEY = env.str("SECRET_KEY", "")
    # Off only where nobody speaks TLS, neither this process nor a proxy in front of it.
    HTTPS_ONLY = env.bool("HTTPS_ONLY", default=not DEBUG)
    HSTS_SECONDS = env.int("HSTS_SECONDS", 31_536_000, validate=validate.Range(0, 63_072_000))
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
    DATABASE_URL = env.str("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
    # --- Watching it ---------------------------------------------------------------------
    # Who may read /metrics from elsewhere than this machine.
    METRICS_TOKEN = env.str(
        "METRICS_TOKEN",
        "",
        validate=validate.Regexp(
            r"^([!-~]{16,200})?$", error="Not 16 to 200 printable ASCII characters."
        ),
    )
    # Begins a process's name in metrics; Heroku names its dynos.
    PROCESS_NAME = env.str(
        "PROCESS_NAME",
        env.str("DYNO", _get_host_name()),
        validate=validate.Regexp(r"^[\w.-]{1,80}$", error="Not 1 to 80 letters, digits, . - _."),
    )
    # Errors go there, without keys, cookies or bodies; it needs requirements-sentry.txt.
    SENTRY_DSN = env.str(
        "SENTRY_DSN",
        "",
        validate=validate.Regexp(
            r"^(https?://[^@/\s]+@\S+/\d+)?$", error="Not like https://key@host/1."
        ),
    )
    if SENTRY_DSN and find_spec("sentry_sdk") is None:
        raise ImproperlyConfigured("SENTRY_DSN needs requirements-sentry.txt installed")
    LOG_FORMAT = env.str("LOG_FORMAT", "plain", validate=validate.OneOf(["plain", "json"]))
    LOG_LEVEL = env.str(
        "LOG_LEVEL", "INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])
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
if TRUSTED_PROXY_HOPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "live"
LOGOUT_REDIRECT_URL = "login"

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
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60)}
except ValueError as error:
    raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {type(error).__name__}") from error
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# One certificate setting for everything that speaks to Redis.
REDIS_OPTIONS = (
    {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
    if REDIS_URL.startswith("rediss://") and not REDIS_TLS_VERIFY
    else {}
)
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "streams.layers.StreamsChannelLayer"}
}
if REDIS_URL:
    CHANNEL_LAYERS["default"]["CONFIG"] = {
        "hosts": [{"address": REDIS_URL, **REDIS_OPTIONS}],
        "prefix": REDIS_PREFIX,
    }

# --- Celery: beat sends a refresh for each shard every tick, a worker does it -------------------
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 10,
    "global_keyprefix": f"{REDIS_PREFIX}:",
}
if REDIS_OPTIONS:
    CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_NONE}
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
CELERY_BEAT_SCHEDULE = {
    f"refresh shard {shard}": {
        "task": "streams.refresh",
        "schedule": REFRESH_SECONDS,
        "args": (shard,),
        # A tick that nobody took in time is of no use any more.
        "options": {"expires": REFRESH_SECONDS},
    }
    for shard in range(REFRESH_SHARDS)
}

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
if not DEBUG:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "dashboard.storage.ModuleManifestStorage"},
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

    sentry.start(SENTRY_DSN, PROCESS_NAME)
