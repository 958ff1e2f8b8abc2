"""Daphne's command line with defaults that fit long-lived streams."""

import argparse
import re
import socket
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asgiref.compatibility import guarantee_single_callable
from daphne.cli import DEFAULT_HOST, DEFAULT_PORT, CommandLineInterface
from daphne.endpoints import build_endpoint_description_strings
from daphne.utils import import_by_path
from twisted.internet.endpoints import quoteStringArgument

from streams.paths import clean_root
from streams.server.access_log import open_access_log
from streams.server.addresses import describe_failure
from streams.server.options import StreamOptions
from streams.server.refused_options import hide_refused
from streams.server.server import CannotListen, StreamServer
from streams.server.workers import BACKLOG


class CommandLine(CommandLineInterface):
    server_class = StreamServer

    def __init__(self, application: str | None, max_message_bytes: int, workers: int) -> None:
        """`application` is served by so many workers when the command line says nothing else."""
        super().__init__()
        self.parser.set_defaults(
            websocket_timeout=-1,  # a cut-off makes clients that do not reconnect go silent
            ping_timeout=20,  # a second ping without an answer to the first is one too many
            websocket_connect_timeout=20,  # in a reconnect storm accepting takes its time
            websocket_max_message_size=max_message_bytes,
            websocket_max_frame_size=max_message_bytes,
            server_name="",
        )
        if application:
            _make_optional(self.parser, "application", application)
        self.parser.add_argument(
            "--workers",
            type=int,
            default=workers,
            help=f"Processes that share the port. Default: {workers} (WEB_CONCURRENCY).",
        )
        self.parser.add_argument(
            "--migrate", action="store_true", help="Bring the database up to date first."
        )
        hide_refused(self.parser)
        self.parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
        self.parser.add_argument("--reports", type=Path, help=argparse.SUPPRESS)

    def build_server(
        self, args: Namespace, options: StreamOptions, announce: Callable[[str], None]
    ) -> StreamServer:
        """Raises ImportError or AttributeError for an application that cannot be loaded."""
        return self.server_class(
            application=self.load_asgi_app(args.application),
            endpoints=_build_endpoints(args),
            announce=announce,
            options=options,
            http_timeout=args.http_timeout,
            ping_interval=args.ping_interval,
            ping_timeout=args.ping_timeout,
            websocket_timeout=args.websocket_timeout,
            websocket_connect_timeout=args.websocket_connect_timeout,
            websocket_handshake_timeout=args.websocket_connect_timeout,
            websocket_max_message_size=args.websocket_max_message_size,
            websocket_max_frame_size=args.websocket_max_frame_size,
            application_close_timeout=args.application_close_timeout,
            action_logger=open_access_log(args.access_log),
            root_path=clean_root(args.root_path),
            verbosity=args.verbosity,
            server_name=args.server_name,
        )

    def load_asgi_app(self, asgi_app_path: str) -> Any:
        """`module:attribute`, or Django's `module.attribute`."""
        if ":" not in asgi_app_path:
            asgi_app_path = ":".join(asgi_app_path.rsplit(".", 1))
        application = import_by_path(asgi_app_path)
        return guarantee_single_callable(application)  # type: ignore[no-untyped-call]


def _make_optional(parser: argparse.ArgumentParser, name: str, default: str) -> None:
    for action in parser._actions:
        if action.dest == name:
            action.nargs, action.default, action.required = "?", default, False


def listen_for_workers(args: Namespace) -> socket.socket:
    """The socket that all workers inherit. Raises CannotListen."""
    if args.unix_socket or args.file_descriptor is not None or args.socket_strings:
        raise CannotListen("Several workers can listen on a host and a port only.")
    host, port = args.host or DEFAULT_HOST, DEFAULT_PORT if args.port is None else args.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = describe_failure(error)
        raise CannotListen(f"Cannot listen on {host}:{port}: {reason}.") from error


def _build_endpoints(args: Namespace) -> list[str]:
    if args.worker:
        return [f"fd:fileno={args.file_descriptor}"]
    host, port = args.host, args.port
    elsewhere = args.unix_socket or args.file_descriptor is not None or args.socket_strings
    if host or port is not None or not elsewhere:
        host, port = host or DEFAULT_HOST, DEFAULT_PORT if port is None else port
    descriptions = build_endpoint_description_strings(
        host=host, port=port, file_descriptor=args.file_descriptor
    )
    if args.unix_socket:
        path = quoteStringArgument(args.unix_socket)  # type: ignore[no-untyped-call]
        descriptions.append(f"unix:{path}")
    return sorted(map(_with_backlog, [*args.socket_strings, *descriptions]))


def _with_backlog(description: str) -> str:
    """Twisted's own, of 50, loses connections when many clients come back at once."""
    kind, *arguments = re.split(r"(?<!\\):", description)
    positional = [argument for argument in arguments if "=" not in argument]
    is_given = len(positional) > 2 or any(a.startswith("backlog=") for a in arguments)
    takes_it = kind in ("tcp", "tcp6", "ssl", "unix")
    return f"{description}:backlog={BACKLOG}" if takes_it and not is_given else description
