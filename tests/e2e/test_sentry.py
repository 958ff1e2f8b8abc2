"""Sentry, as an extra: what an error carries there, from a real server to a real HTTP server."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.e2e.operations import eventually, fetch
from tests.processes import ROOT, Process, Server

SECRETS = ("a-key-in-a-header", "a-session-in-a-cookie", "a-token-in-the-query", "a-body")


class FakeSentry(ThreadingHTTPServer):
    """Keeps what it is sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Envelopes)
        self.envelopes: list[str] = []

    @property
    def dsn(self) -> str:
        return f"http://public@127.0.0.1:{self.server_port}/7"

    @property
    def events(self) -> list[Any]:
        lines = [line for envelope in self.envelopes for line in envelope.splitlines()]
        items = [json.loads(line) for line in lines if line.startswith("{")]
        return [item for item in items if "exception" in item]


class Envelopes(BaseHTTPRequestHandler):
    server: FakeSentry

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.envelopes.append(body.decode())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def sentry() -> Iterator[FakeSentry]:
    with FakeSentry() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def test_an_error_goes_there_and_nobodys_secrets_do(sentry: FakeSentry) -> None:
    settings = {"SENTRY_DSN": sentry.dsn, "DJANGO_SETTINGS_MODULE": "tests.e2e.failing_page"}
    with Server(**settings, PROCESS_NAME="web.1") as server:
        answer = fetch(
            server,
            "/fail/?token=a-token-in-the-query",
            x_api_key="a-key-in-a-header",
            authorization="Bearer a-key-in-a-header",
            cookie="sessionid=a-session-in-a-cookie",
        )
        assert answer.status == 500
        await eventually(lambda: sentry.events, bool)
        assert server.stop() == 0
    [event] = sentry.events
    [error] = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("RuntimeError", "asked to fail")
    assert event["server_name"] == "web.1"
    assert event["request"]["url"].endswith("/fail/")
    assert set(event["request"]) == {"method", "url"}
    for frame in error["stacktrace"]["frames"]:
        assert "vars" not in frame
    for secret in SECRETS:
        assert secret not in "".join(sentry.envelopes)


def test_without_the_package_a_dsn_refuses_the_start() -> None:
    script = (
        "import sys; sys.modules['sentry_sdk'] = None\n"
        "from django.core.management import execute_from_command_line\n"
        "import financequery.settings"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"DEBUG": "1", "PATH": "/usr/bin:/bin", "SENTRY_DSN": "https://key@sentry.example/1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert "SENTRY_DSN needs requirements-sentry.txt installed" in done.stderr


def test_without_a_dsn_the_package_is_not_even_imported() -> None:
    script = "import sys, django; django.setup(); sys.exit('sentry_sdk' in sys.modules)"
    environment = {"DJANGO_SETTINGS_MODULE": "financequery.settings"}
    with Process("-c", script, **environment) as process:
        assert process.wait() == 0, process.output
