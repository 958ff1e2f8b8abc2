"""A local HTTP server that speaks Yahoo: cookie, crumb, endpoints, and faults on demand."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

COOKIE = "A3=d=AQ&S=AQ"
SIGNED = ("/v7/", "/v10/")
# Closing with this option set sends a reset instead of a goodbye.
_LINGER_NONE = struct.pack("ii", 1, 0)


class Call(msgspec.Struct, frozen=True):
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Reply(msgspec.Struct, frozen=True):
    """What to send; `mode` names a way of sending it badly."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}
    mode: str = "whole"


Route = Callable[[Call], Any]


class FakeYahoo:
    """Routes by path; what a route returns is sent as JSON unless it is bytes or a Reply."""

    def __init__(self) -> None:
        self.routes: dict[str, Route | Any] = {}
        self.calls: list[Call] = []
        self.crumb = "ab/c.DEF"
        self.crumb_reply: Reply | Callable[[Call], Reply] | None = None
        self.signature_is_checked = True
        self.cookie_reply = Reply(404, headers={"Set-Cookie": f"{COOKIE}; Domain=.yahoo.com"})
        self.released = threading.Event()
        self.hanging = threading.Event()
        self._faults: list[tuple[str, Reply]] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.yahoo = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fail(self, path: str, *replies: Reply) -> None:
        """The next calls whose path begins with `path` get these replies, one each."""
        with self._lock:
            self._faults += [(path, reply) for reply in replies]

    def clear_faults(self) -> None:
        with self._lock:
            self._faults.clear()

    def count(self, path: str) -> int:
        with self._lock:
            return Counter(call.path for call in self.calls)[path]

    def calls_of(self, path: str) -> list[Call]:
        with self._lock:
            return [call for call in self.calls if call.path == path]

    def answer(self, call: Call) -> Reply:
        with self._lock:
            self.calls.append(call)
            for fault in self._faults:
                if call.path.startswith(fault[0]):
                    self._faults.remove(fault)
                    return fault[1]
        if call.path == "/":
            return self.cookie_reply
        if call.path == "/v1/test/getcrumb":
            reply = self.crumb_reply or Reply(body=self.crumb.encode())
            return reply(call) if callable(reply) else reply
        if self.signature_is_checked and call.path.startswith(SIGNED) and not self._is_signed(call):
            return INVALID_CRUMB
        return self._route(call)

    def _is_signed(self, call: Call) -> bool:
        return call.query.get("crumb") == self.crumb and call.headers.get("cookie") == COOKIE

    def _route(self, call: Call) -> Reply:
        if call.path not in self.routes:
            return NOT_FOUND
        answer = self.routes[call.path]
        answer = answer(call) if callable(answer) else answer
        if isinstance(answer, Reply):
            return answer
        return Reply(body=answer if isinstance(answer, bytes) else json.dumps(answer).encode())


def json_reply(status: int, value: Any, **headers: str) -> Reply:
    return Reply(status, json.dumps(value).encode(), headers)


def error_reply(status: int, code: str, description: str) -> Reply:
    error = {"code": code, "description": description}
    return json_reply(status, {"finance": {"result": None, "error": error}})


INVALID_CRUMB = error_reply(401, "Unauthorized", "Invalid Crumb")
NOT_FOUND = error_reply(404, "Not Found", "No such thing")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    yahoo: FakeYahoo

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients here leave in the middle of answers."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 10
    server: _Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        call = Call(
            self.command,
            unquote(url.path),
            {name: values[0] for name, values in parse_qs(url.query).items()},
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        self._send(self.server.yahoo.answer(call))

    do_POST = do_GET  # noqa: N815 - likewise

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def _send(self, reply: Reply) -> None:
        if reply.mode in ("hang", "reset"):
            self._drop(reply.mode)
            return
        self.send_response_only(reply.status)
        if reply.mode == "chunked":
            self._send_chunks(reply)
            return
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self._send_body(reply)

    def _send_body(self, reply: Reply) -> None:
        if reply.mode == "truncated":
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self.close_connection = True
        elif reply.mode == "dribble":
            for byte in reply.body:
                self.server.yahoo.released.wait(0.02)
                self.wfile.write(bytes([byte]))
        elif reply.mode == "stall":
            self.wfile.write(reply.body[:1])
            self._drop("hang")
        else:
            self.wfile.write(reply.body)

    def _send_chunks(self, reply: Reply) -> None:
        """A body that does not say how long it is, and is written until the client leaves."""
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not self.server.yahoo.released.is_set():
            self.wfile.write(b"%x\r\n%s\r\n" % (len(reply.body), reply.body))

    def _drop(self, mode: str) -> None:
        self.close_connection = True
        if mode == "hang":
            self.server.yahoo.hanging.set()
            self.server.yahoo.released.wait(10)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        self.connection.close()
