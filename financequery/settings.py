"""Django settings; the only file that reads the environment.

Every default runs locally with no services. A wrong value refuses the start with a sentence
that names the variable.
"""

from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError, validate

BASE_DIR = Path(__file__).resolve().parent.parent

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

    # --- What one client may do ----------------------------------------------------------
    MAX_SYMBOLS_PER_CONNECTION = env.int(
        "MAX_SYMBOLS_PER_CONNECTION", 200, validate=validate.Range(1, 10_000)
    )
    MAX_MESSAGE_BYTES = env.int("MAX_MESSAGE_BYTES", 8192, validate=validate.Range(64, 1_048_576))
    SUBSCRIBE_TIMEOUT_SECONDS = env.float(
        "SUBSCRIBE_TIMEOUT_SECONDS", 30.0, validate=validate.Range(0.1, 3600)
    )

    # --- Django --------------------------------------------------------------------------
    DEBUG = env.bool("DEBUG", default=False)
    SECRET_KEY = env.str("SECRET_KEY", "")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
    DATABASE_URL = env.str("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
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
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

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

CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

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
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
