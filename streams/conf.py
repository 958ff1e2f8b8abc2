"""The settings of streams: their names, their defaults, and what makes a value wrong.

A project sets them in `STREAMS`, a dict in its settings.py; what is missing there has its default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, Final, Generic, TypeVar, cast

from django.conf import settings as django_settings

from streams import redis_urls
from streams.origins import canonical_origin
from streams.platforms import PLATFORMS

T = TypeVar("T", bool, int, float, str, tuple[str, ...])

# Says what a value must be, when it is not that; "" when it is.
Rule = Callable[[Any], str]


class Setting(Generic[T]):
    """One setting; read as an attribute of `settings`, its present value.

    Reading one costs a microsecond: do it for a connection, not for a message.
    """

    name: str

    def __init__(self, default: T, rule: Rule = lambda value: "") -> None:
        self.default: T = default
        self._rule = rule

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> T:
        return self.read(getattr(django_settings, "STREAMS", {}))

    def read(self, streams: Mapping[str, Any]) -> T:
        """Its value in a project's `STREAMS`."""
        return cast(T, streams.get(self.name, self.default))

    def problem(self, value: object) -> str:
        """What the value must be and is not, like "must be between 1 and 64"; "" when it is."""
        accepted, name = TYPES[type(self.default)]
        is_wrong_bool = isinstance(value, bool) and bool not in accepted
        if is_wrong_bool or not isinstance(value, accepted):
            return f"must be {name}"
        return self._rule(value)


TYPES: Final[dict[type, tuple[tuple[type, ...], str]]] = {
    bool: ((bool,), "True or False"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    str: ((str,), "text"),
    tuple: ((list, tuple), "a list of texts"),
}


def between(lowest: float, highest: float) -> Rule:
    return lambda v: "" if lowest <= v <= highest else f"must be between {lowest} and {highest}"


def one_of(*choices: str) -> Rule:
    named = ", ".join(filter(None, choices))
    return lambda v: "" if v in choices else f"must be one of {named}"


def like(pattern: str, example: str) -> Rule:
    return lambda v: "" if re.fullmatch(pattern, v) else f"must be {example}"


def _http_library(value: str) -> str:
    if value == "curl_cffi" and find_spec("curl_cffi") is None:
        return "needs the package curl_cffi (requirements-curl.txt)"
    return one_of("requests", "curl_cffi")(value)


def _origins(value: list[str]) -> str:
    wrong = [origin for origin in value if canonical_origin(str(origin).strip()) is None]
    if not wrong:
        return ""
    example = "https://app.example.com, http://localhost:3000, capacitor://localhost or null"
    return f"has {wrong[0]!r}, which is no origin; one is like {example}"


class StreamsSettings:
    """The README's table says what each one means."""

    # --- What is streamed, and how often
    REFRESH_SECONDS = Setting(5.0, between(0.2, 3600))
    MARKETDATA_PROVIDER = Setting("simulated", one_of("simulated", "yahoo"))
    YAHOO_BASE_URL = Setting("", like(r"(https?://[^/\s]+/?)?", "like http://host:port"))
    YAHOO_USER_AGENT = Setting("")
    YAHOO_REQUESTS_PER_SECOND = Setting(2.0, between(0.01, 100))
    YAHOO_BURST = Setting(20, between(1, 1000))
    YAHOO_STREAM = Setting(False)
    YAHOO_HTTP = Setting("requests", _http_library)

    # --- The cluster
    CHANNEL_LAYER = Setting("default")
    REDIS_URL = Setting("", redis_urls.find_problem)
    REDIS_TLS_VERIFY = Setting(True)
    REDIS_PREFIX = Setting("streams", like(r"[\w.-]{1,40}", "1 to 40 letters, digits and _.-"))
    REFRESH_SHARDS = Setting(1, between(1, 64))

    # --- What one client may do
    MAX_SYMBOLS_PER_CONNECTION = Setting(200, between(1, 10_000))
    MAX_SYMBOLS_PER_HOUR = Setting(5_000, between(1, 1_000_000))
    MAX_MESSAGE_BYTES = Setting(8192, between(64, 1_048_576))
    SUBSCRIBE_TIMEOUT_SECONDS = Setting(30.0, between(0.1, 3600))
    SLOW_CLIENT_SECONDS = Setting(30.0, between(0.1, 3600))
    MAX_MESSAGES_PER_SECOND = Setting(20, between(1, 10_000))

    # --- `manage.py serve`
    WEB_CONCURRENCY = Setting(1, between(1, 256))
    MAX_CONNECTIONS = Setting(10_000, between(1, 1_000_000))
    # With what follows the last client's leaving it must stay below the 30 s that platforms give.
    DRAIN_SECONDS = Setting(10.0, between(0, 25))
    # Only looked at by `check --deploy`: where it runs, and how long a process has to end.
    PLATFORM = Setting("", one_of("", *(platform.name for platform in PLATFORMS)))
    KILL_SECONDS = Setting(30.0, between(0, 3600))
    CLOSE_SECONDS = Setting(3.0, between(0.1, 60))
    COMPRESSION_MIN_BYTES = Setting(1024, between(0, 10_000_000))
    MAX_HEAD_BYTES = Setting(32_768, between(1024, 1_048_576))
    MAX_BODY_BYTES = Setting(1_048_576, between(0, 2**30))
    REQUEST_SECONDS = Setting(30.0, between(0.1, 3600))
    # Longer than any proxy in front keeps it: nginx and AWS 60 s, Heroku 90 s, Caddy 120 s.
    KEEP_ALIVE_SECONDS = Setting(150.0, between(0.1, 3600))

    # --- Who may connect, and how much
    USE_SECURITY = Setting(False)
    ADMIN_API_KEY = Setting("", like(r"([!-~]{1,200})?", "1 to 200 printable ASCII characters"))
    # What `manage.py stream` sends: on its command line every user of the machine could read it.
    STREAM_API_KEY = Setting("", like(r"([!-~]{1,200})?", "1 to 200 printable ASCII characters"))
    APP_RATE_LIMIT_PER_DAY = Setting(8000, between(1, 1_000_000_000))
    MAX_CONNECTIONS_PER_KEY = Setting(100, between(1, 1_000_000))
    MAX_HANDSHAKES_PER_MINUTE = Setting(600, between(1, 1_000_000))
    # After so many an address is answered 429, unless it has a key that is known already.
    MAX_WRONG_KEYS_PER_MINUTE = Setting(30, between(1, 1_000_000))
    # Wrong passwords in a window: for one user name from one address, and from one address.
    MAX_LOGIN_FAILURES = Setting(10, between(1, 1_000_000))
    MAX_LOGIN_FAILURES_PER_ADDRESS = Setting(100, between(1, 1_000_000))
    LOGIN_WINDOW_SECONDS = Setting(300.0, between(1, 86_400))
    ALLOWED_ORIGINS: Setting[tuple[str, ...]] = Setting((), _origins)
    # An Origin protects sessions, which browsers send by themselves; keys they do not.
    ANY_ORIGIN_WITH_KEY = Setting(False)
    # How many proxies in front append to X-Forwarded-For and set X-Forwarded-Proto.
    TRUSTED_PROXY_HOPS = Setting(0, between(0, 10))

    # --- Watching it
    # Who may read /metrics from elsewhere than this machine.
    METRICS_TOKEN = Setting("", like(r"([!-~]{16,200})?", "16 to 200 printable ASCII characters"))
    # Begins the name of each process in metrics; "": the host's name.
    PROCESS_NAME = Setting("", like(r"[\w.-]{0,80}", "up to 80 letters, digits and _.-"))


settings: Final = StreamsSettings()

SETTINGS: Final[dict[str, Setting[Any]]] = {
    name: value for name, value in vars(StreamsSettings).items() if isinstance(value, Setting)
}


def find_problems(streams: object) -> dict[str, str]:
    """What is wrong with a project's `STREAMS`, by setting; "" names the whole."""
    if not isinstance(streams, Mapping):
        return {"": "must be a dict"}
    named = {
        name: SETTINGS[name].problem(value) if name in SETTINGS else "is no setting"
        for name, value in streams.items()
    }
    return {name: problem for name, problem in named.items() if problem}


def are_right() -> bool:
    """Whether every setting has a value that code can rely on."""
    return not find_problems(getattr(django_settings, "STREAMS", {}))


def get_redis_address() -> redis_urls.RedisAddress:
    """The Redis of the cluster, for whoever connects to it; there must be a REDIS_URL."""
    return redis_urls.parse_redis_url(settings.REDIS_URL, verify=settings.REDIS_TLS_VERIFY)
