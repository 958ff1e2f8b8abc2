"""Servers with USE_SECURITY and a database of their own, and what is done to them from outside."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Response

from streams.keys import digest_of, generate_key
from tests.processes import ROOT, Server

ADMIN_KEY = "an-administrators-key-of-some-length"
PASSWORD = "a-long-passphrase-of-theirs"

USERS = f"""
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
password = make_password({PASSWORD!r})
for name in ("root", "alice", "bob", "carol", "dave"):
    is_root = name == "root"
    User.objects.create(username=name, password=password, is_staff=is_root, is_superuser=is_root)
"""
# Serves what tests.e2e.slow_recheck says.
WITHOUT_RECHECK = "tests.e2e.slow_recheck:application"


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

    def manage(self, *args: str) -> str:
        """The output of a manage.py command; fails the test if it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=ROOT,
            env={"DEBUG": "1", "PATH": "/usr/bin:/bin", **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def add_key(self, **fields: Any) -> str:
        """A new key, in clear; `fields` are columns."""
        key = generate_key()
        row = {
            "name": "a test's",
            "prefix": key.prefix,
            "digest": key.digest,
            "created_at": sql_time(0),
            "endpoints": '["profile", "quotes", "market", "hours"]',
            "max_connections": 100,
            "connections_per_day": 8000,
            "max_symbols": 200,
            "note": "",
            **fields,
        }
        marks = ", ".join("?" * len(row))
        self.sql(f"INSERT INTO streams_apikey ({', '.join(row)}) VALUES ({marks})", *row.values())
        return key.text

    def id_of(self, key: str) -> int:
        [(pk,)] = self.sql("SELECT id FROM streams_apikey WHERE digest = ?", digest_of(key))
        return int(pk)

    def shell(self, script: str) -> str:
        return self.manage("shell", "--no-imports", "-c", script)

    def prepare(self) -> None:
        """Tables and users: root (of the admin), alice, bob, carol, dave."""
        self.manage("migrate", "--verbosity", "0")
        self.shell(USERS)

    def copy(self, database: Path, **environment: str) -> Installation:
        """Another one with the same tables and users."""
        shutil.copy(self.database, database)
        return Installation(database, **environment)

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Straight into the database, past Django: what nobody announces."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as connection:
            found = connection.execute(statement, values).fetchall()
            connection.commit()
            return found


class Browser:
    """Cookies and forms, as a person at a browser has them."""

    def __init__(self, server: Server) -> None:
        self._base = f"http://{server.address}"
        self._jar = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._jar))

    @property
    def cookie(self) -> str:
        """The Cookie header for a socket."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    @property
    def session_key(self) -> str:
        return next(str(cookie.value) for cookie in self._jar if cookie.name == "sessionid")

    def get(self, path: str) -> str:
        with self._opener.open(self._base + path, timeout=60) as response:
            return str(response.read().decode())

    def post(self, path: str, **fields: Any) -> str:
        """Fill in the form of a page and send it. Raises HTTPError."""
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', self.get(path))
        assert token, f"{path} has no form"
        return self.send(path, csrfmiddlewaretoken=token[1], **fields)

    def send(self, path: str, **fields: Any) -> str:
        data = urlencode(fields, doseq=True).encode()
        request = Request(self._base + path, data, headers={"Origin": self._base})
        with self._opener.open(request, timeout=60) as response:
            return str(response.read().decode())

    def log_in(self, username: str, path: str = "/login/") -> None:
        self.post(path, username=username, password=PASSWORD)


def sql_time(seconds_from_now: float) -> str:
    """As Django keeps times in SQLite."""
    moment = datetime.now(UTC) + timedelta(seconds=seconds_from_now)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


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
