"""What `manage.py check --deploy` looks at in the settings and the system, without the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings as django_settings
from django.core import checks

from streams.conf import are_right, get_redis_address, settings
from streams.platforms import get_platform

# What a process needs after DRAIN_SECONDS to end in good order.
ENDING_SECONDS: Final = 4.0

LOCAL_HOSTS: Final = {"localhost", "127.0.0.1", "[::1]", ".localhost"}


def check_deployment(**_: Any) -> list[checks.CheckMessage]:
    """W010 to W017, in the order of the functions below."""
    if not are_right():  # other checks say so
        return []
    looks = (_alone, _hosts, _hops, _drain, _descriptors, _tls, _open, _simulated)
    return [message for look in looks for message in look()]


def _alone() -> Iterator[checks.CheckMessage]:
    if settings.WEB_CONCURRENCY > 1 and not settings.REDIS_URL:
        yield checks.Warning(
            f"WEB_CONCURRENCY is {settings.WEB_CONCURRENCY} and REDIS_URL is empty: each process "
            "fetches for itself, limits count for each, and a revoked key lives on for a moment.",
            hint="Set REDIS_URL, or WEB_CONCURRENCY to 1.",
            id="streams.W010",
        )


def _hosts() -> Iterator[checks.CheckMessage]:
    hosts = set(django_settings.ALLOWED_HOSTS)
    if hosts and hosts <= LOCAL_HOSTS:
        yield checks.Warning(
            "ALLOWED_HOSTS has this machine's names only: everybody else is answered 400.",
            hint="Add the names the service is reached by, such as quotes.example.com.",
            id="streams.W011",
        )
    if "*" in hosts:
        yield checks.Warning(
            "ALLOWED_HOSTS has '*': pages of any host that points here count as your own.",
            hint="Name the hosts.",
            id="streams.W011",
        )


def _hops() -> Iterator[checks.CheckMessage]:
    platform = get_platform(settings.PLATFORM)
    if platform and platform.proxy_hops > settings.TRUSTED_PROXY_HOPS:
        yield checks.Warning(
            f"TRUSTED_PROXY_HOPS is {settings.TRUSTED_PROXY_HOPS}, but on {platform.name} at least "
            f"{platform.proxy_hops} must be believed: without, all clients seem to have one "
            "address, and pages are redirected to HTTPS for ever.",
            hint=f"Set TRUSTED_PROXY_HOPS to {platform.proxy_hops}, and see docs/deployment.md.",
            id="streams.W012",
        )


def _drain() -> Iterator[checks.CheckMessage]:
    needed = settings.DRAIN_SECONDS + ENDING_SECONDS
    if needed > settings.KILL_SECONDS:
        yield checks.Warning(
            f"DRAIN_SECONDS is {settings.DRAIN_SECONDS:g}, so a process needs {needed:g} s to end, "
            f"but it is killed after {settings.KILL_SECONDS:g} s (KILL_SECONDS): clients that are "
            "left lose their connection without a word.",
            hint="Have the platform wait longer and set KILL_SECONDS to that, "
            "or set DRAIN_SECONDS lower.",
            id="streams.W013",
        )


def _descriptors() -> Iterator[checks.CheckMessage]:
    # Not everywhere: a project may be developed on Windows.
    from streams.descriptors import get_shortage

    if shortage := get_shortage(settings.MAX_CONNECTIONS):
        yield checks.Warning(
            f"MAX_CONNECTIONS is {settings.MAX_CONNECTIONS}, which needs {shortage} more open "
            "files than a process may have here.",
            hint="Raise the limit (`ulimit -Hn`, LimitNOFILE= of systemd, `ulimits` of Docker), "
            "or set MAX_CONNECTIONS lower.",
            id="streams.W014",
        )


def _tls() -> Iterator[checks.CheckMessage]:
    if settings.REDIS_URL and not get_redis_address().is_verified:
        yield checks.Warning(
            "The certificate of Redis is not verified (REDIS_TLS_VERIFY, or ssl_cert_reqs or "
            "ssl_check_hostname in REDIS_URL): whoever is on the way can pose as Redis and read "
            "and send everything.",
            hint="Turn it on where Redis has a certificate that can be verified. Heroku's has none "
            "inside its network: add 'streams.W015' to SILENCED_SYSTEM_CHECKS there.",
            id="streams.W015",
        )


def _open() -> Iterator[checks.CheckMessage]:
    if not settings.USE_SECURITY:
        yield checks.Warning(
            "USE_SECURITY is off: whoever reaches the service may connect.",
            hint="Set USE_SECURITY to True and make keys with create_api_key. If everybody may "
            "connect, add 'streams.W016' to SILENCED_SYSTEM_CHECKS.",
            id="streams.W016",
        )


def _simulated() -> Iterator[checks.CheckMessage]:
    if settings.MARKETDATA_PROVIDER == "simulated":
        yield checks.Warning(
            "MARKETDATA_PROVIDER is simulated: the prices are made up.",
            hint="Set MARKETDATA_PROVIDER to yahoo. If made-up prices are what is wanted, add "
            "'streams.W017' to SILENCED_SYSTEM_CHECKS.",
            id="streams.W017",
        )
