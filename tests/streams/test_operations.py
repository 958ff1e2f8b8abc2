"""Who may read /metrics, and what the outermost application leaves to the others."""

from __future__ import annotations

from typing import Any

import pytest

from streams.operations import Operations, may_read_metrics

TOKEN = "a-token-of-some-length"


def scope(client: list[Any] | None, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http", "client": client, "headers": list(headers)}


@pytest.mark.parametrize(
    ("client", "headers", "expected"),
    [
        (["127.0.0.1", 1], [], True),
        (["::1", 1], [], True),
        (["10.0.0.1", 1], [], False),
        (["127.0.0.1", 1], [(b"x-forwarded-for", b"203.0.113.5")], False),
        (["127.0.0.1", 1], [(b"forwarded", b"for=203.0.113.5")], False),
        (None, [], False),
    ],
    ids=["loopback", "IPv6", "elsewhere", "past a proxy", "past another", "over a Unix socket"],
)
def test_without_a_token_metrics_are_for_this_machine(
    client: list[Any] | None, headers: list[tuple[bytes, bytes]], expected: bool
) -> None:
    assert may_read_metrics(scope(client, *headers)) is expected


def test_behind_proxies_this_machine_may_be_anybody(streams_settings: Any) -> None:
    streams_settings.TRUSTED_PROXY_HOPS = 1
    assert not may_read_metrics(scope(["127.0.0.1", 1]))


@pytest.mark.parametrize(
    ("value", "expected"),
    [(f"Bearer {TOKEN}", True), (f"bearer {TOKEN}", False), (TOKEN, False), ("Bearer é", False)],
)
def test_with_a_token_it_alone_counts(streams_settings: Any, value: str, expected: bool) -> None:
    streams_settings.METRICS_TOKEN = TOKEN
    header = (b"authorization", value.encode("latin-1"))
    assert may_read_metrics(scope(["203.0.113.5", 1], header)) is expected
    assert not may_read_metrics(scope(["127.0.0.1", 1]))


async def test_what_is_neither_http_nor_a_websocket_is_passed_on_untouched() -> None:
    seen: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    await Operations(application)({"type": "lifespan"}, None, None)
    assert seen == [{"type": "lifespan"}]
