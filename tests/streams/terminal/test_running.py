"""The client as a program, without Django."""

from __future__ import annotations

import signal
import time

from tests.processes import Process

HANGING_LOOKUP = """
import socket, threading

def hang(*args, **kwargs):
    print("looking up", flush=True)
    threading.Event().wait()

socket.getaddrinfo = hang
from streams.terminal.running import Manner, run
from streams.terminal.target import parse_target

try:
    run(parse_target("hours", [], "ws://example.test"), Manner(json=True))
except KeyboardInterrupt:
    raise SystemExit(130)
"""


def test_ctrl_c_ends_it_at_once_though_the_name_of_the_host_is_looked_up_for_ever() -> None:
    with Process("-c", HANGING_LOOKUP, DEBUG="") as process:
        process.wait_for("looking up")
        process.send(signal.SIGINT)
        began_at = time.monotonic()
        process.popen.wait(30)
        assert time.monotonic() - began_at < 8, "the library gives up after 10 s by itself"
        assert process.stop() == 130
    assert process.output == "looking up"
