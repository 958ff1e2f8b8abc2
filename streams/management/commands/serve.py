"""`manage.py serve`: run the streaming server."""

import asyncio
import logging
from argparse import Namespace
from contextlib import ExitStack
from dataclasses import fields
from tempfile import TemporaryDirectory
from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from streams.apps import get_streams
from streams.conf import settings
from streams.databases import database_in_use
from streams.descriptors import raise_limit
from streams.operations import HEALTH_PATHS
from streams.server.addresses import describe_socket
from streams.server.command_line import CommandLine, listen_for_workers
from streams.server.exiting import exit_now_if_threads_linger
from streams.server.options import StreamOptions
from streams.server.refused_options import find_refused
from streams.server.server import CannotListen
from streams.server.workers import Workers, worker_command
from streams.sharing import require_usable_redis

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Serves the project with Daphne made fit for streaming. Takes Daphne's options."
    requires_system_checks = "__all__"

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        application = getattr(django_settings, "ASGI_APPLICATION", None)
        self.command_line = CommandLine(
            application, settings.MAX_MESSAGE_BYTES, settings.WEB_CONCURRENCY
        )
        kwargs.update(parents=[self.command_line.parser], conflict_handler="resolve")
        return super().create_parser(prog_name, subcommand, **kwargs)

    def handle(self, *args: Any, **options: Any) -> None:
        arguments = Namespace(**options)
        if problem := find_refused(arguments):
            raise CommandError(problem)
        if arguments.migrate and not arguments.worker:
            with database_in_use():
                call_command("migrate", interactive=False, verbosity=0)
        try:
            require_usable_redis()
            if arguments.workers > 1 and not arguments.worker:
                self._supervise(arguments)
            else:
                self._serve(arguments)
        except (CannotListen, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error

    def _serve(self, arguments: Namespace) -> None:
        raise_limit(settings.MAX_CONNECTIONS)
        announce = _keep_quiet if arguments.worker else self._announce
        try:
            server = self.command_line.build_server(arguments, _get_options(), announce)
        except (ImportError, AttributeError) as error:
            raise CommandError(
                f"The application {arguments.application!r} cannot be loaded: {error}"
            ) from error
        if _should_serve_static_files():
            server.application = ASGIStaticFilesHandler(server.application)
        streams = get_streams()
        streams.server = server
        streams.reports_directory = arguments.reports
        server.ready_callable = lambda: server.loop.call_soon(lambda: streams.monitor.start())
        server.run(is_worker=arguments.worker)
        exit_now_if_threads_linger(0)

    def _supervise(self, arguments: Namespace) -> None:
        with ExitStack() as stack:
            listening = stack.enter_context(listen_for_workers(arguments))
            reports = stack.enter_context(TemporaryDirectory(prefix="streams-"))
            command = [*worker_command(listening), "--reports", reports]
            if not settings.REDIS_URL:
                logger.warning(
                    "%d processes without REDIS_URL: each fetches for itself and counts alone",
                    arguments.workers,
                )
            self._announce(f"Listening on {describe_socket(listening)}")
            asyncio.run(self._run_workers(command, arguments.workers, listening))

    async def _run_workers(self, command: list[str], count: int, listening: Any) -> None:
        await Workers(command, count, listening, settings.DRAIN_SECONDS).run()

    def _announce(self, line: str) -> None:
        if (
            getattr(django_settings, "LOG_FORMAT", "plain") == "json"
        ):  # nothing else comes in between
            logger.info(line)
            return
        self.stdout.write(line)
        self.stdout.flush()


def _should_serve_static_files() -> bool:
    """As `runserver` does: for local work, unless the project does it itself."""
    has_own = any("whitenoise" in name.lower() for name in django_settings.MIDDLEWARE)
    is_installed = apps.is_installed("django.contrib.staticfiles")
    return django_settings.DEBUG and is_installed and not has_own


def _keep_quiet(line: str) -> None:
    pass


def _get_options() -> StreamOptions:
    names = {field.name for field in fields(StreamOptions)} - {"reserved_paths"}
    values = {name: getattr(settings, name.upper()) for name in names}
    return StreamOptions(**values, reserved_paths=HEALTH_PATHS)
