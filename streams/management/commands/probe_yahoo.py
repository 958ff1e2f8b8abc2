"""`manage.py probe_yahoo`: what of Yahoo works from this network."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketdata.errors import InvalidSymbol
from marketdata.providers.yahoo.options import YahooOptions
from marketdata.providers.yahoo.probe import Probe
from marketdata.symbols import parse_symbol
from streams.apps import get_streams


class Command(BaseCommand):
    help = "Asks each of Yahoo's endpoints once and prints what works, and how fast."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--symbol", default="AAPL", help="the symbol to ask for")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            symbol = parse_symbol(options["symbol"])
            probe = Probe(YahooOptions(**get_streams().yahoo_options), symbol)
        except (InvalidSymbol, ValueError) as error:
            raise CommandError(str(error)) from error
        failed = 0
        self.stdout.write(f"{'endpoint':<14}{'works':<7}{'ms':>6}  what came")
        for result in probe.run():
            failed += not result.is_ok
            works = "yes" if result.is_ok else "NO"
            self.stdout.write(f"{result.name:<14}{works:<7}{result.milliseconds:>6}  {result.note}")
        if failed:
            raise CommandError(f"{failed} of the checks failed; see docs/yahoo.md")
