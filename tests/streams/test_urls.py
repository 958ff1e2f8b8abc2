"""A page request to an endpoint's path, through a real server: a handshake without its Upgrade."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest

from tests.processes import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server
    assert "Traceback" not in server.output


def ask(server: Server, method: str, path: str) -> tuple[http.client.HTTPResponse, bytes]:
    # As nginx sends it on that knows nothing of WebSockets.
    headers = {"Connection": "close", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "a" * 24}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/hours"),
        ("GET", "/quotes/?key=k"),
        ("GET", "/market"),
        ("POST", "/profile/%5EGSPC"),
        ("HEAD", "/profile/AAPL/"),
    ],
)
def test_a_request_without_an_upgrade_is_told_what_is_missing(
    server: Server, method: str, path: str
) -> None:
    response, body = ask(server, method, path)
    assert (response.status, response.reason) == (426, "Upgrade Required")
    assert response.getheader("Upgrade") == "websocket"
    assert "Upgrade" in (response.getheader("Connection") or "").split(", ")
    if method != "HEAD":
        error = json.loads(body)["error"]
        assert error["code"] == "upgrade_required"
        assert "Upgrade" in error["message"]


def test_what_is_no_endpoint_is_not_found(server: Server) -> None:
    assert ask(server, "GET", "/quote")[0].status == 404
