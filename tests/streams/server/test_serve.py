"""`manage.py serve` as a process: how it starts, refuses to start, and ends."""

import asyncio
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed

from tests.streams.server.processes import AppServer


async def close_code(client: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed) as caught:
        await asyncio.wait_for(client.recv(), 30)
    return caught.value.rcvd.code if caught.value.rcvd else None


@pytest.fixture(scope="module")
def failures() -> Iterator[dict[str, AppServer]]:
    """Servers that cannot start; together, because starting takes its time."""
    with ExitStack() as stack:
        other = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = str(other.getsockname()[1])
        servers = {
            port: AppServer("--port", port),
            "checks": AppServer(WRONG_SETTING="1"),
            "application": AppServer("tests.streams.server.app:nothing"),
            "proxies": AppServer("--proxy-headers"),
            "workers": AppServer("--workers", "2", "--unix-socket", "/nowhere"),
        }
        for server in servers.values():
            stack.enter_context(server)
        assert [server.wait() for server in servers.values()] == [1] * len(servers)
        yield servers


def test_a_port_in_use_is_one_sentence(failures: dict[str, AppServer]) -> None:
    port, server = next(iter(failures.items()))
    assert server.output == (
        f"CommandError: Cannot listen on 127.0.0.1:{port}: address already in use."
    )


def test_failing_system_checks_refuse_the_start_without_a_traceback(
    failures: dict[str, AppServer],
) -> None:
    output = failures["checks"].output
    assert "SystemCheckError" in output
    assert "Traceback" not in output
    assert "Listening" not in output


def test_an_application_that_does_not_exist_is_named(failures: dict[str, AppServer]) -> None:
    output = failures["application"].output
    assert "'tests.streams.server.app:nothing' cannot be loaded" in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("option", "part"),
    [
        ("--proxy-headers", "TRUSTED_PROXY_HOPS"),
        ("--proxy-headers-host=X-Real-IP", "TRUSTED_PROXY_HOPS"),
        ("--proxy-headers-port=X-Port", "TRUSTED_PROXY_HOPS"),
        ("--log-fmt=%(message)s", "LOG_FORMAT"),
        ("--websocket-max-message-size=0", "must be 1 or more"),
        ("--websocket-max-frame-size=-1", "must be 1 or more"),
    ],
)
def test_options_of_daphne_that_are_unsafe_or_without_effect_are_refused(
    option: str, part: str
) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("serve", option, "--port", "0")
    assert option.partition("=")[0] in str(refused.value)
    assert part in str(refused.value)


def test_proxy_headers_are_refused_with_the_setting_that_there_is(
    failures: dict[str, AppServer],
) -> None:
    assert failures["proxies"].output == (
        "CommandError: --proxy-headers believes whatever address a client writes. Set "
        "TRUSTED_PROXY_HOPS to the number of proxies in front instead; see docs/deployment.md."
    )


def test_several_workers_need_a_port(failures: dict[str, AppServer]) -> None:
    assert failures["workers"].output == (
        "CommandError: Several workers can listen on a host and a port only."
    )


async def test_it_listens_on_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with AppServer("--unix-socket", str(path)) as server:
        await server.seen(f"Listening on unix:{path}$")
        async with unix_connect(str(path), "ws://localhost/echo") as client:
            await client.send("hello")
            assert await client.recv() == "hello"
        assert server.stop() == 0


async def test_hanging_threads_and_applications_do_not_hold_the_end() -> None:
    with AppServer() as server:
        async with connect(server.url("block")) as blocked, connect(server.url("cling")) as clung:
            assert await blocked.recv() == "hanging"
            began = time.monotonic()
            server.send(signal.SIGTERM)
            assert [await close_code(blocked), await close_code(clung)] == [1012, 1012]
            assert await asyncio.to_thread(server.wait) == 0
            assert time.monotonic() - began < 15
    assert "cancelled" in server.output
