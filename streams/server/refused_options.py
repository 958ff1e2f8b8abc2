"""Options of Daphne's that would be unsafe here, or without effect: refused by name."""

import argparse
from typing import Final

_PROXIES: Final = (
    "believes whatever address a client writes. Set TRUSTED_PROXY_HOPS to the number of proxies "
    "in front instead; see docs/deployment.md."
)
_REFUSED: Final = {
    "proxy_headers": _PROXIES,
    "proxy_headers_host": _PROXIES,
    "proxy_headers_port": _PROXIES,
    "log_fmt": "has no effect. How lines look is LOGGING in the settings; LOG_FORMAT=json is JSON.",
}
_LIMITS: Final = ("websocket_max_message_size", "websocket_max_frame_size")


def hide_refused(parser: argparse.ArgumentParser) -> None:
    for action in parser._actions:
        if action.dest in _REFUSED:
            action.default, action.help = None, argparse.SUPPRESS
        elif action.dest in _LIMITS:
            action.type = _limit
            action.help = (action.help or "").partition(" 0 disables")[0]


def find_refused(args: argparse.Namespace) -> str:
    """What is wrong with the first refused option that was given; "": nothing."""
    given = [name for name in _REFUSED if getattr(args, name, None)]
    return f"--{given[0].replace('_', '-')} {_REFUSED[given[0]]}" if given else ""


def _limit(text: str) -> int:
    """Raises ArgumentTypeError for 0, by which Daphne means "as much as a client likes"."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more bytes: a client could fill the memory")
    return int(text)
