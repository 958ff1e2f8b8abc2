"""REDIS_URL: read once, here, for everything that connects to Redis.

redis-py and Celery's kombu read the same URL differently, and each ignores what it does not know.
So neither gets to see it: both are given the options found here. Pure, but for a look whether
certificate files are there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

EXAMPLE: Final = "like redis://host:port/0, rediss://host:port/0 or unix:///path"
UNIX_EXAMPLE: Final = "unix:///run/redis.sock"
ESCAPES: Final = "in a password, write what is no letter or digit as %XX"
VERIFY: Final = {"none": "none", "optional": "optional", "required": "required"}
BOOLEANS: Final = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


class WrongRedisUrl(ValueError):
    """What a Redis URL must be and is not, like "must be …"; it never has the password."""


class RedisAddress(msgspec.Struct, frozen=True):
    """A server and how to talk to it: a scheme, and redis-py's options for its connections."""

    scheme: str
    options: dict[str, Any]

    @property
    def address(self) -> str:
        """What `from_url` is to be given beside the options: it says the kind of connection."""
        return f"{self.scheme}://"

    @property
    def host(self) -> dict[str, Any]:
        """An entry of a channel layer's `hosts`."""
        return {"address": self.address, **self.options}

    @property
    def name(self) -> str:
        """For logs: no user, no password."""
        if self.scheme == "unix":
            return str(self.options["path"])
        host = str(self.options.get("host", "localhost"))
        return f"{f'[{host}]' if ':' in host else host}:{self.options.get('port', 6379)}"

    @property
    def is_verified(self) -> bool:
        """False only where TLS is spoken, and not with the server that was named for sure."""
        if self.scheme != "rediss":
            return True
        checks_name = self.options.get("ssl_check_hostname", True)
        return bool(checks_name) and self.options.get("ssl_cert_reqs") != "none"


def parse_redis_url(url: str, *, verify: bool = True) -> RedisAddress:
    """The server behind a URL. Raises WrongRedisUrl.

    Without `verify` its certificate is not looked at, unless the URL itself says how it is.
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, unquote(parts.hostname or ""), parts.port
    except ValueError as error:  # its text has a part of the URL, and that may be secret
        raise WrongRedisUrl(f"must be {EXAMPLE}; {ESCAPES}") from error
    if scheme not in ("redis", "rediss", "unix") or not re.fullmatch(r"\w+://\S*", url):
        raise WrongRedisUrl(f"must be {EXAMPLE}")
    if parts.fragment:
        raise WrongRedisUrl(f"must not have a #; {ESCAPES}")
    named = {"host": host, "port": port, "username": parts.username, "password": parts.password}
    options: dict[str, Any] = {
        name: unquote(value) if isinstance(value, str) else value
        for name, value in named.items()
        if value
    }
    if scheme == "unix" and (host or port):
        raise WrongRedisUrl(f"must name the socket's whole path, like {UNIX_EXAMPLE}")
    options |= _read_path(scheme, unquote(parts.path)) | _read_query(scheme, parts.query)
    if scheme == "rediss" and not verify:
        options.setdefault("ssl_cert_reqs", "none")
    if options.get("ssl_cert_reqs") == "none":
        options["ssl_check_hostname"] = False
    return RedisAddress(scheme, options)


def find_problem(url: str) -> str:
    """What the URL must be and is not; "" when it is, or when it is empty."""
    try:
        if url:
            parse_redis_url(url)
    except WrongRedisUrl as error:
        return str(error)
    return ""


def _read_path(scheme: str, path: str) -> dict[str, Any]:
    if scheme == "unix":
        if not path.startswith("/"):
            raise WrongRedisUrl(f"must name the socket's whole path, like {UNIX_EXAMPLE}")
        return {"path": path}
    database = path.strip("/")
    if not database:
        return {}
    return {"db": _read_option("the database", _whole, "a whole number", database)}


def _read_query(scheme: str, query: str) -> dict[str, Any]:
    pairs = parse_qsl(query, keep_blank_values=True)
    twice = {name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1}
    if twice:
        raise WrongRedisUrl(f"has the option {min(twice)} twice")
    return {name: _read_named(scheme, name, value) for name, value in pairs}


def _read_named(scheme: str, name: str, value: str) -> Any:
    if name not in OPTIONS:
        known = ", ".join(sorted(OPTIONS))
        raise WrongRedisUrl(f"has the option {name}, which is none of {known}")
    if name.startswith("ssl_") and scheme != "rediss":
        raise WrongRedisUrl(f"has the option {name}, which needs rediss://")
    if scheme == "unix" and name == "socket_keepalive":
        raise WrongRedisUrl(f"has the option {name}, which a socket's path does not take")
    return _read_option(name, *OPTIONS[name], value)


def _read_option(name: str, read: Callable[[str], Any], meaning: str, value: str) -> Any:
    try:
        return read(value)
    except (KeyError, ValueError, OSError) as error:
        raise WrongRedisUrl(f"has a wrong value for {name}: it must be {meaning}") from error


def _whole(value: str) -> int:
    if not (value.isascii() and value.isdecimal()):
        raise ValueError(value)
    return int(value)


def _seconds(value: str) -> float:
    seconds = float(value)
    if not 0 < seconds <= 3600:
        raise ValueError(value)
    return seconds


def _text(value: str) -> str:
    if not value:
        raise ValueError(value)
    return value


def _file(value: str) -> str:
    with open(value, "rb"):  # noqa: PTH123 - only whether it can be read
        return value


def _folder(value: str) -> str:
    os.listdir(value)  # noqa: PTH208 - only whether it can be read
    return value


_FILE = (_file, "a file that can be read")
_SECONDS = (_seconds, "a number of seconds, up to 3600")
# Those of redis-py's that mean the same to everything here that connects.
OPTIONS: Final[dict[str, tuple[Callable[[str], Any], str]]] = {
    "client_name": (_text, "a name"),
    "db": (_whole, "a whole number"),
    "health_check_interval": (_whole, "a whole number of seconds"),
    "password": (_text, "text"),
    "socket_connect_timeout": _SECONDS,
    "socket_keepalive": (lambda value: BOOLEANS[value.lower()], "true or false"),
    "socket_timeout": _SECONDS,
    "ssl_ca_certs": _FILE,
    "ssl_ca_path": (_folder, "a folder that can be read"),
    "ssl_cert_reqs": (
        lambda value: VERIFY[value.lower().removeprefix("cert_")],
        "none, optional or required",
    ),
    "ssl_certfile": _FILE,
    "ssl_check_hostname": (lambda value: BOOLEANS[value.lower()], "true or false"),
    "ssl_keyfile": _FILE,
    "username": (_text, "a name"),
}
