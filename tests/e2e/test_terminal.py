"""`manage.py stream` against real servers: what it prints, how it ends, how it comes back."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from typing import Self

import pytest

from tests.e2e.security.installation import Installation
from tests.processes import ROOT, Process, Server

SECONDS = 60


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(REFRESH_SECONDS="0.5") as server:
        yield server


def stream(server: Server, *args: str, **environment: str) -> Process:
    url = f"ws://{server.address}"
    return Process("manage.py", "stream", *args, "--url", url, **environment)


def ended(process: Process) -> tuple[int, str]:
    """Its exit code and all it said, standard error too."""
    try:
        process.popen.wait(SECONDS)
    finally:
        code = process.stop()
    assert "Traceback" not in process.output
    return code, process.output


ONCE = {
    ("quotes", "AAPL"): ("AAPL  ", "Apple Inc."),
    ("profile", "AAPL"): ("Consumer Electronics", "Similar", "News"),
    ("market",): ("S&P 500", "Gainers", "Sectors today"),
    ("hours",): ("Opens", "Closes"),
}


def test_once_prints_the_first_data_plainly_and_ends(server: Server) -> None:
    processes = [stream(server, *args, "--once") for args in ONCE]
    for process, said in zip(processes, ONCE.values(), strict=True):
        code, output = ended(process)
        assert code == 0
        assert all(part in output for part in said), output
        assert "\x1b" not in output
        assert max(map(len, output.splitlines())) <= 80


NOTHING = (("quotes", "AAPL", "NOSUCH"), ("profile", "NOSUCH"), ("quotes", "NOSUCH", "--json"))


def test_once_fails_after_what_there_is_when_a_symbol_has_no_quote(server: Server) -> None:
    processes = [stream(server, *args, "--once") for args in NOTHING]
    outputs = []
    for process in processes:
        code, output = ended(process)
        assert code == 1
        assert "The server has no quote of NOSUCH." in output
        outputs.append(output)
    assert "Apple Inc." in outputs[0]


@pytest.mark.parametrize("form", [["--json"], []], ids=["json", "tables"])
def test_a_pipe_that_nobody_reads_any_more_ends_it_quietly(server: Server, form: list[str]) -> None:
    command = [sys.executable, "manage.py", "stream", "hours", *form]
    with subprocess.Popen(
        [*command, "--url", f"ws://{server.address}"],
        cwd=ROOT,
        env={**os.environ, "DEBUG": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(SECONDS) == 0
        assert process.stderr.read() == b""


def test_what_cannot_be_asked_is_one_sentence_and_exit_code_2(server: Server) -> None:
    code, output = ended(stream(server, "quote", "AAPL"))
    assert code == 2
    assert output.splitlines() == [
        "CommandError: There is no endpoint 'quote'; there are profile, quotes, market, hours."
    ]


def test_the_servers_own_limits_are_told_in_its_words() -> None:
    with Server(MAX_SYMBOLS_PER_CONNECTION="2") as small:
        code, output = ended(stream(small, "quotes", "AAPL", "MSFT", "NVDA"))
    assert code == 2
    assert "A connection may follow 2 symbols at most, not 3." in output


def test_without_a_server_once_fails_and_says_why() -> None:
    process = Process("manage.py", "stream", "hours", "--once", "--url", "ws://127.0.0.1:1")
    code, output = ended(process)
    assert code == 1
    assert "No connection: refused" in output


async def test_json_is_a_message_a_line_and_goes_on_after_a_restart_of_the_server() -> None:
    with Server(REFRESH_SECONDS="0.5", DRAIN_SECONDS="0") as server:
        port = str(server.port)
        client = stream(server, "quotes", "AAPL,BTC-USD", "--json")
        for _ in range(3):
            line = await asyncio.to_thread(client.wait_for, r"^\[.*\]$", SECONDS)
            assert [quote["symbol"] for quote in json.loads(line[0])] == ["AAPL", "BTC-USD"]
    with client:
        await client.seen("again in")
        with Server("--port", port, REFRESH_SECONDS="0.5"):
            assert await asyncio.to_thread(client.wait_for, r"^\[.*\]$", SECONDS)
            client.send(signal.SIGINT)
            code, output = await asyncio.to_thread(ended, client)
    assert code == 130
    assert "The server restarts; again in" in output


# --- With USE_SECURITY --------------------------------------------------------------------


async def test_a_key_lets_in_until_it_is_revoked(installation: Installation) -> None:
    with installation.serve() as server:
        key = installation.add_key(endpoints='["hours"]')
        keyless = stream(server, "hours")
        elsewhere = stream(server, "market", "--once", "--key", key)
        code, output = ended(keyless)
        assert code == 2
        assert output == "CommandError: The server answered 401, missing_key: An API key is needed."
        code, output = ended(elsewhere)
        assert code == 2
        assert "403, endpoint_not_allowed: This key is not for /market." in output
        with stream(server, "hours", "--json", STREAM_API_KEY=key) as client:
            assert client.wait_for(r'^\{"metadata":')
            installation.sql("UPDATE streams_apikey SET revoked_at = '2020-01-01 00:00:00'")
            code, output = ended(client)
    assert code == 2
    assert "The server closed with 4401: the key is not valid any more." in output
    assert key not in output


# --- On a terminal ------------------------------------------------------------------------


class Terminal:
    """A program on a real terminal of 80 columns and 24 lines."""

    def __init__(self, *args: str) -> None:
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.popen = subprocess.Popen(
            [sys.executable, *args],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "DEBUG": "1", "TERM": "xterm-256color"},
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
        )
        os.close(follower)
        os.set_blocking(self._leader, False)
        self.output = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.popen.kill()
        self.popen.wait()
        os.close(self._leader)

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + SECONDS
        while text not in self.output:
            assert time.monotonic() < deadline, f"{text!r} is not in {self.output!r}"
            self.read()
            time.sleep(0.05)

    def read(self) -> None:
        try:
            self.output += os.read(self._leader, 100_000).decode(errors="replace")
        except (BlockingIOError, OSError):  # nothing there; or the program has ended
            return


def test_a_terminal_shows_a_live_table_and_ctrl_c_gives_it_back(server: Server) -> None:
    where = ["--url", f"ws://{server.address}"]
    with Terminal("manage.py", "stream", "quotes", "AAPL", "BTC-USD", *where) as terminal:
        terminal.wait_for("● live")
        terminal.wait_for("Bitcoin USD")
        terminal.wait_for("s old")
        assert "\x1b[?25l" in terminal.output, "the cursor is hidden"
        terminal.popen.send_signal(signal.SIGINT)
        began_at = time.monotonic()
        assert terminal.popen.wait(SECONDS) == 130
        assert time.monotonic() - began_at < 5
        terminal.wait_for("\x1b[?25h")
    assert "Traceback" not in terminal.output


def test_sigterm_gives_the_terminal_back_too(server: Server) -> None:
    with Terminal("manage.py", "stream", "hours", "--url", f"ws://{server.address}") as terminal:
        terminal.wait_for("● live")
        terminal.popen.terminate()
        assert terminal.popen.wait(SECONDS) == 0
        terminal.wait_for("\x1b[?25h")
