"""`manage.py serve`: run the streaming server."""

from argparse import Namespace
from dataclasses import fields
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from streams.server.command_line import CommandLine
from streams.server.exiting import exit_now_if_threads_linger
from streams.server.options import StreamOptions
from streams.server.server import CannotListen


class Command(BaseCommand):
    help = "Serves the project with Daphne made fit for streaming. Takes Daphne's options."
    requires_system_checks = "__all__"

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        self.command_line = CommandLine(settings.ASGI_APPLICATION, settings.MAX_MESSAGE_BYTES)
        kwargs.update(parents=[self.command_line.parser], conflict_handler="resolve")
        return super().create_parser(prog_name, subcommand, **kwargs)

    def handle(self, *args: Any, **options: Any) -> None:
        arguments = Namespace(**options)
        try:
            server = self.command_line.build_server(arguments, _get_options(), self._announce)
        except (ImportError, AttributeError) as error:
            raise CommandError(
                f"The application {arguments.application!r} cannot be loaded: {error}"
            ) from error
        try:
            server.run()
        except CannotListen as error:
            raise CommandError(str(error)) from error
        exit_now_if_threads_linger(0)

    def _announce(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _get_options() -> StreamOptions:
    names = (field.name for field in fields(StreamOptions))
    return StreamOptions(**{name: getattr(settings, name.upper()) for name in names})
