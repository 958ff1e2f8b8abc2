"""Servers with USE_SECURITY and a database of their own, and what is done to them from outside."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Response

from tests.processes import ROOT, Server

ADMIN_KEY = "an-administrators-key-of-some-length"


class Installation:
    """A database, and the manage.py commands and servers that use it."""

    def __init__(self, database: Path, **environment: str) -> None:
        self.database = database
        self.environment = {
            "DATABASE_URL": f"sqlite:///{database}",
            "USE_SECURITY": "True",
            "ADMIN_API_KEY": ADMIN_KEY,
            "REFRESH_SECONDS": "0.5",
            **environment,
        }

    def serve(self, *args: str, **environment: str) -> Server:
        return Server(*args, **{**self.environment, **environment})

    def manage(self, *args: str, script: str | None = None) -> str:
        """The output of a manage.py command; fails the test if it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=ROOT,
            env={"DEBUG": "1", "PATH": "/usr/bin:/bin", **self.environment},
            input=script,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def shell(self, script: str) -> str:
        imports = "from streams.models import *; from django.contrib.auth.models import User\n"
        return self.manage("shell", "--no-imports", "-c", imports + script)

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Straight into the database, past Django: what nobody announces."""
        with sqlite3.connect(self.database, timeout=10) as connection:
            return connection.execute(statement, values).fetchall()


async def refusal(url: str, **options: Any) -> Response:
    """The answer to a handshake that must be refused."""
    try:
        async with connect(url, open_timeout=20, **options):
            pass
    except InvalidStatus as error:
        return error.response
    raise AssertionError(f"{url} was accepted")


def code_of(response: Response) -> str:
    return str(json.loads(response.body or b"{}")["error"]["code"])


def with_key(url: str, key: str, **options: Any) -> connect:
    """A connection with the key in the header."""
    return connect(url, additional_headers={"x-api-key": key}, open_timeout=20, **options)


async def closing_code(socket: ClientConnection) -> int | None:
    """The close code, once all messages before it are read."""
    with contextlib.suppress(ConnectionClosed):
        async for _ in socket:
            pass
    await socket.wait_closed()
    return socket.close_code
