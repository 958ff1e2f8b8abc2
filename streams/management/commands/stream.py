"""`manage.py stream ENDPOINT [SYMBOLS…]`: watch a stream in the terminal."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streams.conf import settings

EXIT_INTERRUPTED = 130


class Command(BaseCommand):
    help = "Shows a stream of a running server: a live table, or JSON for other programs."
    # It is a client: neither the database nor the apps of this process are of any concern to it.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("endpoint", help="quotes, profile, market or hours")
        parser.add_argument("symbols", nargs="*", help="AAPL MSFT, or AAPL,MSFT")
        parser.add_argument("--url", default="ws://localhost:8000", help="default: %(default)s")
        parser.add_argument("--key", help="an API key; default: the setting STREAM_API_KEY")
        parser.add_argument("--json", action="store_true", help="a JSON message a line, for pipes")
        parser.add_argument("--once", action="store_true", help="end after the first data")

    def handle(self, *args: Any, **options: Any) -> None:
        # Not above: no other command needs them.
        from streams.terminal.endings import Stopped
        from streams.terminal.running import Manner, run
        from streams.terminal.target import parse_target

        key = settings.STREAM_API_KEY if options["key"] is None else options["key"]
        try:
            target = parse_target(options["endpoint"], options["symbols"], options["url"], key)
            run(target, Manner(options["json"], options["once"], options["no_color"]))
        except Stopped as stopped:
            raise CommandError(str(stopped), returncode=stopped.exit_code) from stopped
        except KeyboardInterrupt:
            sys.exit(EXIT_INTERRUPTED)
